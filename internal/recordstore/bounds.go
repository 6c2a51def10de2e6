package recordstore

import (
	"fmt"
	"math/big"
)

// checkMin returns an *InvalidError if a value from Normalize is less than its column allows. It is checked when a value is
// written: rows of another program are read as they are.
func checkMin(col *Column, v any) error {
	if col.Min == "" || v == nil {
		return nil
	}
	least, isNumber := new(big.Rat).SetString(col.Min)
	given, ok := new(big.Rat).SetString(textOf(v))
	if isNumber && ok && given.Cmp(least) < 0 {
		return &InvalidError{Field: col.Field, Value: v, Reason: fmt.Sprintf("%s is less than %s", textOf(v), col.Min)}
	}
	return nil
}

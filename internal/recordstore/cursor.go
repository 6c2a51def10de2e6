package recordstore

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
)

// cursor is a position in a list: the values of its sort keys, as text. It is valid only for the order in which it was made.
type cursor []*string

// orderSignature tells orders apart, so that a cursor of another list is refused.
func orderSignature(terms []term) string {
	h := fnv.New32a()
	for _, t := range terms {
		fmt.Fprintf(h, "%s %t %t;", t.key, t.desc, t.nullsFirst)
	}
	return strconv.FormatUint(uint64(h.Sum32()), 36)
}

// encode writes a cursor as clients see it.
func (c cursor) encode(signature string) string {
	parts := make([]any, 0, len(c)+1)
	parts = append(parts, signature)
	for _, v := range c {
		parts = append(parts, v)
	}
	text, err := json.Marshal(parts)
	if err != nil {
		return "" // strings and nulls always marshal
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// decodeCursor reads a cursor that a client sent back. Everything in it is checked: clients can write their own.
func decodeCursor(text string, terms []term) (cursor, error) {
	bad := func(reason string) error {
		return &InvalidError{Field: "cursor", Value: text, Reason: reason}
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, bad("is not a cursor of this API")
	}
	var parts []*string
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) == 0 || parts[0] == nil {
		return nil, bad("is not a cursor of this API")
	}
	if *parts[0] != orderSignature(terms) || len(parts) != len(terms)+1 {
		return nil, bad("belongs to a list in another order")
	}
	c := cursor(parts[1:])
	for i, t := range terms {
		if c[i] == nil {
			if !t.nullable() {
				return nil, bad("is not a cursor of this API")
			}
			continue
		}
		if err := checkSortKey(t.column, *c[i]); err != nil {
			return nil, bad("is not a cursor of this API")
		}
	}
	return c, nil
}

func checkSortKey(col *Column, text string) error {
	var v any = text
	switch col.Type {
	case Integer, Float:
		v = json.Number(text)
	case Boolean:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return err
		}
		v = b
	}
	if col == &countColumn {
		_, err := strconv.ParseInt(text, 10, 64)
		return err
	}
	_, err := Normalize(col, v)
	return err
}

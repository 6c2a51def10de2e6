package resolve

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Input is an input object as the client wrote it. What its fields mean is decided with the model at hand, so that one
// type serves every input of the schema.
type Input map[string]any

// UnmarshalGQL takes the object as it is: the document was validated against the schema.
func (i *Input) UnmarshalGQL(v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%T is no input object", v)
	}
	*i = m
	return nil
}

// MarshalGQL writes the object as JSON.
func (i Input) MarshalGQL(w io.Writer) { graphql.MarshalMap(i).MarshalGQL(w) }

// MarshalDecimal writes an exact decimal number as a string.
func MarshalDecimal(v string) graphql.Marshaler { return graphql.MarshalString(v) }

// UnmarshalDecimal reads a decimal number.
func UnmarshalDecimal(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	default:
		return "", fmt.Errorf("%T is no Decimal", v)
	}
}

// MarshalDateTime writes a point in time as RFC 3339, in UTC.
func MarshalDateTime(v time.Time) graphql.Marshaler {
	return graphql.MarshalString(v.UTC().Format(time.RFC3339Nano))
}

// UnmarshalDateTime reads a point in time.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, fmt.Errorf("%T is no DateTime", v)
	}
	return time.Parse(time.RFC3339Nano, s)
}

// MarshalJSON writes a JSON value as it is. gqlgen calls it by this name for the scalar JSON.
func MarshalJSON(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		if v == nil {
			v = json.RawMessage("null")
		}
		_, _ = w.Write(v) // the response buffer does not fail
	})
}

// UnmarshalJSON reads any value.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }

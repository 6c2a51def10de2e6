// Package jsonread reads JSON token by token, without maps for values of a known form. A caller reads an object or a list by a callback for
// each member: the callback has to read exactly one value. Values of unknown form are read by [Value], as encoding/json reads them.
//
// Errors are a *[KindError] for a value of the wrong kind, those of jsontext for text that is no JSON, which [Fault] puts into words, and
// those of callbacks as they are.
package jsonread

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// New returns a decoder for a text. It allows repeated names: callers of Object check for them where it matters. Like encoding/json, it
// reads half a surrogate pair as U+FFFD.
func New(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(
		bytes.NewBuffer(text),
		jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true),
	)
}

// KindError is the error of a value of the wrong kind. Want and Is are phrases such as "a list".
type KindError struct{ Want, Is string }

func (e *KindError) Error() string { return fmt.Sprintf("%s, not %s", e.Want, e.Is) }

// Kind returns the kind of the next value as a phrase, such as "a list"; "nothing" at the end or before bad JSON.
func Kind(d *jsontext.Decoder) string {
	switch d.PeekKind() {
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "a list"
	case jsontext.KindString:
		return "a string"
	case jsontext.KindNumber:
		return "a number"
	case jsontext.KindTrue, jsontext.KindFalse:
		return "a boolean"
	case jsontext.KindNull:
		return "null"
	default:
		return "nothing"
	}
}

// expect reads the first token of a value and checks its kind. An error in the syntax takes precedence over a *KindError.
func expect(d *jsontext.Decoder, kind jsontext.Kind, want string) error {
	if d.PeekKind() == kind {
		_, err := d.ReadToken()
		return err
	}
	is := Kind(d)
	if err := d.SkipValue(); err != nil {
		return err
	}
	return &KindError{want, is}
}

// Object reads an object. It calls field with each name, and field reads the value. The name is valid until then.
func Object(d *jsontext.Decoder, field func(name []byte) error) error {
	if err := expect(d, jsontext.KindBeginObject, "an object"); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndObject {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		if bytes.IndexByte(name, '\\') < 0 {
			name = name[1 : len(name)-1]
		} else {
			name, _ = jsontext.AppendUnquote(nil, name) // New allows half a surrogate pair
		}
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// List reads a list. It calls item for each value, and item reads it.
func List(d *jsontext.Decoder, item func() error) error {
	if err := expect(d, jsontext.KindBeginArray, "a list"); err != nil {
		return err
	}
	for d.PeekKind() != jsontext.KindEndArray {
		if err := item(); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// String reads a string. It returns a *KindError for any other value.
func String(d *jsontext.Decoder) (string, error) {
	if d.PeekKind() != jsontext.KindString {
		return "", expect(d, jsontext.KindString, "a string")
	}
	token, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// Value reads a value of any kind, as encoding/json does with UseNumber: numbers are json.Number.
func Value(d *jsontext.Decoder) (any, error) {
	switch d.PeekKind() {
	case jsontext.KindBeginObject:
		object := map[string]any{}
		return object, Object(d, func(name []byte) error {
			key := string(name)
			v, err := Value(d)
			object[key] = v
			return err
		})
	case jsontext.KindBeginArray:
		list := []any{}
		err := List(d, func() error {
			v, err := Value(d)
			list = append(list, v)
			return err
		})
		return list, err
	case jsontext.KindNumber:
		v, err := d.ReadValue()
		return json.Number(v), err
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNull:
		return nil, nil
	default:
		return token.Kind() == jsontext.KindTrue, nil
	}
}

// End returns an error unless only white space follows.
func End(d *jsontext.Decoder) error {
	switch _, err := d.ReadToken(); {
	case err == nil:
		return errMore
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

var errMore = errors.New("more follows after its end")

// Fault describes an error of this package for clients, with the byte at which the syntax is wrong.
func Fault(err error) string {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	case errors.As(err, &syntax):
		return fmt.Sprintf("%v, at byte %d", syntax.Err, syntax.ByteOffset)
	default:
		return err.Error()
	}
}

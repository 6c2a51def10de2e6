// Package jsonread reads JSON token by token: objects and lists by callbacks, and what is of no known form as encoding/json gives it.
package jsonread

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// New returns a decoder of a text. Whoever reads an object looks for names that are repeated, where it matters. Half a surrogate pair is
// read as U+FFFD, as encoding/json does.
func New(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(
		bytes.NewBuffer(text),
		jsontext.AllowDuplicateNames(true),
		jsontext.AllowInvalidUTF8(true),
	)
}

// KindError says that a value is of another kind than it has to be.
type KindError struct{ Want, Is string }

func (e *KindError) Error() string { return fmt.Sprintf("%s, not %s", e.Want, e.Is) }

// Kind names the kind of the value that comes next, as a sentence goes on: "a list".
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

// expect takes the first token of a value, which has to be of a kind. What is no JSON at all is said first.
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

// Object reads an object. field is called with each name, which is good until something is read, and reads the value that comes next.
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
			name, _ = jsontext.AppendUnquote(nil, name) // half a surrogate pair is no error here
		}
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// List reads a list. item is called for each value that comes next, and reads it.
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

// String reads a string.
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

// Value reads a value as encoding/json gives it with UseNumber.
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

// End checks that nothing follows but white space.
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

// Fault says what is wrong with a text that is no JSON.
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

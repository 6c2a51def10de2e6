package jsonread_test

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linkgraph/linkgraph/graph/internal/jsonread"
)

// standard reads a text with encoding/json.
func standard(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows")
	}
	return v, nil
}

var texts = []string{
	`{}`,
	`[]`,
	`""`,
	` { "a" : [ 1 , -0.5e+10 , true , false , null , "x\n\u00e9\ud83d\ude00\ud800" ] } `,
	`{"a":1,"a":{"b":[]}}`,
	`0`,
	`-0`,
	`1E5`,
	`10.0`,
	``,
	` `,
	`{`,
	`[`,
	`"`,
	`"\`,
	`"\"`,
	`"\x"`,
	`"\u12"`,
	"\"\n\"",
	`01`,
	`-`,
	`1.`,
	`.5`,
	`1e`,
	`+1`,
	`tru`,
	`truex`,
	`nul`,
	`{"a"}`,
	`{"a":}`,
	`{"a":1,}`,
	`{a:1}`,
	`[1,]`,
	`[1 2]`,
	`{} x`,
	`{}{}`,
	"\x00",
	`[1]` + "\x00",
	`{"\u0061":1}`,
	`[[[[]]]]`,
	strings.Repeat(`[`, 150) + strings.Repeat(`]`, 150),
}

// FuzzValue compares what is read with what encoding/json reads.
func FuzzValue(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		want, wantErr := standard(text)
		d := jsonread.New([]byte(text))
		got, err := jsonread.Value(d)
		if err == nil {
			err = jsonread.End(d)
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, and encoding/json says %v", text, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %#v, want %#v", text, got, want)
		}
		if err != nil && (jsonread.Fault(err) == "" || strings.Contains(jsonread.Fault(err), "jsontext")) {
			t.Fatalf("%q: %s", text, jsonread.Fault(err))
		}
	})
}

// TestKinds reads values of other kinds than expected.
func TestKinds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`: "a string, not an object", `[{}]`: "a string, not a list", `1`: "a string, not a number", `true`: "a string, not a boolean", `null`: "a string, not null",
	} {
		if _, err := jsonread.String(jsonread.New([]byte(text))); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	var kind *jsonread.KindError
	if err := jsonread.Object(jsonread.New([]byte(`[1,`)), nil); err == nil || errors.As(err, &kind) {
		t.Errorf("what is no JSON is %v", err)
	}
	if err := jsonread.List(jsonread.New([]byte(`"a"`)), nil); !errors.As(err, &kind) || kind.Is != "a string" {
		t.Errorf("a string is %v", err)
	}
}

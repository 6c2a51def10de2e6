package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"linkgraph/graph/internal/jsonscan"
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
	`{}`, `[]`, `""`, ` { "a" : [ 1 , -0.5e+10 , true , false , null , "x\n\u00e9\ud83d\ude00\ud800" ] } `, `{"a":1,"a":{"b":[]}}`, `0`, `-0`, `1E5`, `10.0`,
	``, ` `, `{`, `[`, `"`, `"\`, `"\"`, `"\x"`, `"\u12"`, "\"\n\"", `01`, `-`, `1.`, `.5`, `1e`, `+1`, `tru`, `truex`, `nul`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`,
	`[1,]`, `[1 2]`, `{} x`, `{}{}`, "\x00", `[1]` + "\x00", `{"\u0061":1}`, `[[[[]]]]`, strings.Repeat(`[`, 150) + strings.Repeat(`]`, 150),
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
		want, err := standard(text)
		s := jsonscan.New(text)
		got, ok := s.Value()
		ok = ok && s.End()
		if ok != (err == nil) && !strings.Contains(text, strings.Repeat("[", 50)) && strings.Count(text, "{")+strings.Count(text, "[") < 200 {
			t.Fatalf("%q: %v, and encoding/json says %v", text, ok, err)
		}
		if ok && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %#v, want %#v", text, got, want)
		}
		s = jsonscan.New(text)
		raw, rawOK := s.Raw()
		if rawOK = rawOK && s.End(); rawOK != ok {
			t.Fatalf("%q: %v as it is written, %v as a value", text, rawOK, ok)
		}
		if ok && raw != string(bytes.Trim([]byte(text), " \t\r\n")) {
			t.Fatalf("%q as it is written: %q", text, raw)
		}
	})
}

// TestDepth tests that deep nesting is refused.
func TestDepth(t *testing.T) {
	t.Parallel()
	for depth, want := range map[int]bool{200: true, 201: false, 100_000: false} {
		if _, ok := jsonscan.New(strings.Repeat("[", depth) + strings.Repeat("]", depth)).Value(); ok != want {
			t.Errorf("depth %d: %v, want %v", depth, ok, want)
		}
	}
}

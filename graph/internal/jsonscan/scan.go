// Package jsonscan reads JSON in one pass. It takes texts that are well-formed; what is wrong with others is for encoding/json to
// say, which reads the same values from what both take.
package jsonscan

import (
	"encoding/json"
	"strings"
)

// maxDepth bounds how deep values are nested. What is deeper is refused, although it may be well-formed.
const maxDepth = 200

// Scanner reads a text of valid UTF-8 value by value. Its methods return false where the text is not well-formed; the scanner is
// of no use then.
type Scanner struct {
	text  string
	at    int
	depth int
}

// New returns a scanner at the beginning of a text.
func New(text string) *Scanner { return &Scanner{text: text} }

// Kind is the first byte of the next value, after white space; 0 at the end.
func (s *Scanner) Kind() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// End reports whether nothing follows but white space.
func (s *Scanner) End() bool { return s.Kind() == 0 && s.at == len(s.text) }

// take takes a byte if it comes next.
func (s *Scanner) take(c byte) bool {
	if s.Kind() != c || s.at == len(s.text) {
		return false
	}
	s.at++
	return true
}

// Object reads an object. field is called with each name, and reads the value that comes next.
func (s *Scanner) Object(field func(name string) bool) bool {
	if !s.enter('{') {
		return false
	}
	if s.take('}') {
		return s.leave()
	}
	for {
		if s.Kind() != '"' {
			return false
		}
		name, ok := s.Text()
		if !ok || !s.take(':') || !field(name) {
			return false
		}
		if s.take('}') {
			return s.leave()
		}
		if !s.take(',') {
			return false
		}
	}
}

// List reads a list. item is called for each value that comes next, and reads it.
func (s *Scanner) List(item func() bool) bool {
	if !s.enter('[') {
		return false
	}
	if s.take(']') {
		return s.leave()
	}
	for {
		if !item() {
			return false
		}
		if s.take(']') {
			return s.leave()
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *Scanner) enter(c byte) bool {
	s.depth++
	return s.depth <= maxDepth && s.take(c)
}

func (s *Scanner) leave() bool {
	s.depth--
	return true
}

// Text reads a string. It is a part of the text that is scanned, unless it has escapes.
func (s *Scanner) Text() (string, bool) {
	literal, escaped, ok := s.literal()
	if !ok || !escaped {
		return literal, ok
	}
	var text string
	err := json.Unmarshal([]byte(`"`+literal+`"`), &text)
	return text, err == nil
}

// literal reads a string as it is written, without the quotes. Its escapes are not checked.
func (s *Scanner) literal() (literal string, escaped, ok bool) {
	if !s.take('"') {
		return "", false, false
	}
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			literal = s.text[s.at:i]
			s.at = i + 1
			return literal, escaped, true
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", false, false
		}
	}
	return "", false, false
}

// Raw reads a value and returns it as it is written.
func (s *Scanner) Raw() (string, bool) {
	s.Kind()
	begin := s.at
	ok := s.skip()
	return s.text[begin:s.at], ok
}

func (s *Scanner) skip() bool {
	switch s.Kind() {
	case '{':
		return s.Object(s.skipField)
	case '[':
		return s.List(s.skip)
	case '"':
		_, ok := s.Text()
		return ok
	default:
		_, ok := s.scalar()
		return ok
	}
}

func (s *Scanner) skipField(string) bool { return s.skip() }

// Value reads a value as encoding/json gives it with UseNumber. It shares no memory with the text.
func (s *Scanner) Value() (any, bool) {
	switch s.Kind() {
	case '{':
		object := map[string]any{}
		ok := s.Object(func(name string) bool {
			v, ok := s.Value()
			object[strings.Clone(name)] = v
			return ok
		})
		return object, ok
	case '[':
		list := []any{}
		ok := s.List(func() bool {
			v, ok := s.Value()
			list = append(list, v)
			return ok
		})
		return list, ok
	case '"':
		text, ok := s.Text()
		return strings.Clone(text), ok
	default:
		return s.scalar()
	}
}

// scalar reads a number, true, false or null.
func (s *Scanner) scalar() (any, bool) {
	switch s.Kind() {
	case 't':
		return true, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return nil, s.word("null")
	}
	begin := s.at
	if !s.number() {
		return nil, false
	}
	return json.Number(strings.Clone(s.text[begin:s.at])), true
}

func (s *Scanner) word(word string) bool {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return false
	}
	s.at += len(word)
	return true
}

// number takes a number of JSON: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func (s *Scanner) number() bool {
	s.byte("-")
	if !s.byte("0") && !s.digits() {
		return false
	}
	if s.byte(".") && !s.digits() {
		return false
	}
	if s.byte("eE") {
		s.byte("+-")
		return s.digits()
	}
	return true
}

// byte takes one of several bytes if it comes next, without white space.
func (s *Scanner) byte(of string) bool {
	if s.at == len(s.text) || strings.IndexByte(of, s.text[s.at]) < 0 {
		return false
	}
	s.at++
	return true
}

func (s *Scanner) digits() bool {
	begin := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > begin
}

package rowkey_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/linkstore/rowkey"
)

// FuzzJoin splits what was joined, and gives every key that is taken apart one form.
func FuzzJoin(f *testing.F) {
	f.Add("A", "7", "A:7")
	f.Add("", "", ":")
	f.Add("%:", "%3A%25", "%3a:%25:x")
	f.Add("a%", "2", "50%:1")
	f.Fuzz(func(t *testing.T, a, b, raw string) {
		parts := []string{a, b}
		joined := rowkey.Join(parts)
		if got := rowkey.Split(joined, 2); !slices.Equal(got, parts) {
			t.Errorf("%q is joined to %q, which is split into %q", parts, joined, got)
		}
		if got := rowkey.Split(rowkey.Join(parts[:1]), 1); got[0] != a {
			t.Errorf("%q alone becomes %q", a, got)
		}
		if strings.Count(joined, ":") != 1 {
			t.Errorf("%q is joined to %q", parts, joined)
		}
		for i, part := range strings.Split(joined, ":") {
			if got, ok := rowkey.Unescape(part); !ok || got != parts[i] {
				t.Errorf("%q is unescaped to %q, %v; want %q", part, got, ok, parts[i])
			}
		}
		taken := strings.Split(raw, ":")
		for i, part := range taken {
			var ok bool
			if taken[i], ok = rowkey.Unescape(part); !ok {
				return
			}
		}
		if len(taken) > 1 && !slices.Equal(rowkey.Split(rowkey.Join(taken), len(taken)), taken) {
			t.Errorf("%q is taken apart into %q, and these are joined to %q", raw, taken, rowkey.Join(taken))
		}
	})
}

func TestSplitOfTooFewAndTooManyParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  string
		n    int
		want []string
	}{
		{"a:b", 1, []string{"a:b"}},
		{"a", 2, []string{"a", ""}},
		{"a:b:c", 2, []string{"a", "b:c"}},
		{"", 3, []string{"", "", ""}},
	} {
		if got := rowkey.Split(c.key, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d parts: got %q, want %q", c.key, c.n, got, c.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{
		"": "", "a": "a", "%25": "%", "%3A%3a": "::", "%2525": "%25", "%": "!", "a%2": "!", "%3": "!", "50%": "!", "%%25": "!", "%2A": "!",
	} {
		got, ok := rowkey.Unescape(part)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", part, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	const id = "9f3c1c2e-6a1b-4f5d-8e7a-0b1c2d3e4f50"
	for _, c := range []struct {
		sqlType, text, want string
		ok                  bool
	}{
		{"", "007", "007", true},
		{"text", " A ", " A ", true},
		{"varchar", "A", "A", true},
		{"integer", "007", "7", true},
		{"integer", "+7", "7", true},
		{"integer", "-0", "0", true},
		{"integer", "", "", false},
		{"integer", "7.0", "", false},
		{"integer", "1e3", "", false},
		{"integer", " 7", "", false},
		{"integer", "2147483648", "", false},
		{"smallint", "-32768", "-32768", true},
		{"smallint", "32768", "", false},
		{"bigint", "9223372036854775807", "9223372036854775807", true},
		{"bigint", "9223372036854775808", "", false},
		{"uuid", strings.ToUpper(id), id, true},
		{"uuid", strings.ReplaceAll(id, "-", ""), id, true},
		{"uuid", strings.Replace(id, "-", "", 1), "", false},
		{"uuid", strings.ReplaceAll(id, "-", "_"), "", false},
		{"uuid", "{" + id + "}", "", false},
		{"uuid", id + "0", "", false},
		{"uuid", "", "", false},
	} {
		got, ok := rowkey.Canonical(c.sqlType, c.text)
		if ok != c.ok || got != c.want {
			t.Errorf("%s %q: got %q, %v; want %q, %v", c.sqlType, c.text, got, ok, c.want, c.ok)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"a":                       "",
		strings.Repeat("a", 255):  "",
		"":                        "must not be empty",
		"a\x00":                   "must not contain the character NUL",
		"\xff":                    "must be valid UTF-8",
		strings.Repeat("é", 128):  "must not be longer than 255 bytes",
		strings.Repeat("\xff", 9): "must be valid UTF-8",
	} {
		if got := rowkey.Check(key); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
	}
}

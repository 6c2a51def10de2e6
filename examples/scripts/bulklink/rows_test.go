package main

import (
	"strings"
	"testing"
)

func TestReadRows(t *testing.T) {
	t.Parallel()
	rows, err := readRows(
		strings.NewReader("\ufeffsales_channel,note,handle\nWeb,\"two\nlines\",hat\n\"Shop, in town\",, shirt \n"),
	)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, want := range []row{{line: 2, handle: "hat", channel: "Web"}, {line: 4, handle: "shirt", channel: "Shop, in town"}} {
		if *rows[i] != want {
			t.Errorf("row %d: %+v, want %+v", i, *rows[i], want)
		}
	}
}

func TestReadRowsNamesLines(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"":                               {"the file is empty"},
		"handle,channel\na,b\n":          {"line 1", "sales_channel"},
		"handle,sales_channel\na\n":      {"line 2"},
		"handle,sales_channel\na,\"b\n":  {"line 2"},
		"handle,sales_channel\na,\n,b\n": {"line 2:", "line 3:"},
	} {
		_, err := readRows(strings.NewReader(file))
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, want %s", file, err, w)
			}
		}
	}
}

package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// row is a row of the file, and once it is resolved the ids of both records.
type row struct {
	line            int
	handle, channel string

	productID, channelID string
}

// readRows reads the file. It ignores columns other than handle and sales_channel.
func readRows(file io.Reader) ([]*row, error) {
	text := bufio.NewReader(file)
	// Spreadsheets write a byte order mark.
	if mark, err := text.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = text.Discard(3)
	}
	r := csv.NewReader(text)
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	handle, channel := slices.Index(header, "handle"), slices.Index(header, "sales_channel")
	if handle < 0 || channel < 0 {
		return nil, fmt.Errorf(
			"line 1: the header has no columns handle and sales_channel: %s",
			strings.Join(header, ","),
		)
	}
	var rows []*row
	var faults []error
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, errors.Join(faults...)
		}
		if err != nil {
			return nil, err // names the line
		}
		line, _ := r.FieldPos(0)
		found := &row{
			line:    line,
			handle:  strings.TrimSpace(record[handle]),
			channel: strings.TrimSpace(record[channel]),
		}
		if found.handle == "" || found.channel == "" {
			faults = append(faults, fmt.Errorf("line %d: the handle or the sales channel is empty", line))
		}
		rows = append(rows, found)
	}
}

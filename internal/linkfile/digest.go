package linkfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// ChangedError says that a file is not the one whose import is to be resumed.
type ChangedError struct {
	File   string
	Line   int   // the first one that was not brought in
	Offset int64 // where it begins
	Reason string
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf(
		"%s is not the file that the import began with: %s (it had come to line %d, byte %d); nothing was written. "+
			"Resume with the file as it was, or bring this one in from its beginning, without --resume",
		e.File,
		e.Reason,
		e.Line,
		e.Offset,
	)
}

// digest hashes a file while it is read, as far as its rows were brought in. What was read beyond that waits.
type digest struct {
	from  io.Reader
	hash  hash.Hash // of the first at bytes
	at    int64
	ahead []byte
}

func newDigest(from io.Reader) *digest { return &digest{from: from, hash: sha256.New()} }

// Read reads on.
func (d *digest) Read(p []byte) (int, error) {
	n, err := d.from.Read(p)
	d.ahead = append(d.ahead, p[:n]...)
	return n, err
}

// end is how far the file was read.
func (d *digest) end() int64 { return d.at + int64(len(d.ahead)) }

// upTo is the hash of the file's first bytes, no fewer than were brought in.
func (d *digest) upTo(offset int64) (string, error) {
	cloner, ok := d.hash.(hash.Cloner)
	if !ok {
		return "", fmt.Errorf("%T cannot be cloned", d.hash)
	}
	sum, err := cloner.Clone()
	if err != nil {
		return "", err
	}
	sum.Write(d.ahead[:offset-d.at])
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// advance notes that the rows before an offset were brought in.
func (d *digest) advance(offset int64) {
	n := offset - d.at
	d.hash.Write(d.ahead[:n])
	d.at, d.ahead = offset, append(d.ahead[:0], d.ahead[n:]...)
}

// skip reads the part of a file that was brought in, and returns how many lines end in it and whether it ends with one. There is a
// reason if it is not the part whose hash is given.
func (d *digest) skip(offset int64, sum string) (lines int, whole bool, reason string, err error) {
	var last byte
	part := make([]byte, 64<<10)
	for d.at < offset {
		n, err := d.from.Read(part[:min(offset-d.at, int64(len(part)))])
		if n > 0 {
			d.hash.Write(part[:n])
			d.at += int64(n)
			lines += bytes.Count(part[:n], []byte{'\n'})
			last = part[n-1]
		}
		if errors.Is(err, io.EOF) && d.at < offset {
			return lines, false, fmt.Sprintf("it has %d bytes alone", d.at), nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return lines, false, "", err
		}
	}
	if hex.EncodeToString(d.hash.Sum(nil)) != sum {
		reason = "what was brought in stands otherwise in it"
	}
	return lines, last == '\n', reason, nil
}

// resume skips what was brought in, and returns the line where the import goes on. What comes after is free to differ: it was not
// read before, or was not there. It begins on a line of its own, or the last row would be another one.
func (run *importing) resume() (line int, err error) {
	at := run.state.Offset
	lines, whole, reason, err := run.digest.skip(at, run.state.Sum)
	if err != nil {
		return 0, err
	}
	line = lines + 1
	next, err := run.in.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if reason == "" && len(next) > 0 && !whole && next[0] != '\n' && next[0] != '\r' {
		reason = "its last line that was brought in goes on"
	}
	if reason != "" {
		return 0, &ChangedError{File: run.name, Line: line, Offset: at, Reason: reason}
	}
	run.state.Done = run.state.Done && len(next) == 0
	return line, nil
}

// headSize is how much of a file tells which import is to be resumed.
const headSize = 64 << 10

// keyOf tells files and settings apart. That a file is the same is known once all that was brought in was compared.
func (run *importing) keyOf(head []byte, format Format) string {
	sum := sha256.New()
	sum.Write(head)
	fmt.Fprintf(sum, "\x00head %s %s %t", format, run.Link, run.Replace)
	if run.Owner != "" {
		fmt.Fprintf(sum, "\x00owner %s", run.Owner)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

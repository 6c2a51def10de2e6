package linkfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
)

// rejects is the file of rows that could not be brought in. It is made when there is one.
type rejects struct {
	path   string
	format Format
	header []string
	file   *os.File
}

// openRejects looks at the file. size is how much of it an earlier import has committed: the rest is written again.
func openRejects(path, input string, format Format, header []string, size int64) (*rejects, error) {
	r := &rejects{path: path, format: format}
	for _, name := range header {
		if name != lineColumn && name != reasonColumn {
			r.header = append(r.header, name)
		}
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && size == 0 {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if of, err := os.Stat(input); err == nil && os.SameFile(of, there) {
		return nil, fmt.Errorf("the file of rejected rows is the file itself: %s", path)
	}
	if !there.Mode().IsRegular() {
		return nil, fmt.Errorf("the file of rejected rows is no file: %s", path)
	}
	if there.Size() < size {
		return nil, fmt.Errorf("%s is shorter than the import left it: without --resume it is written again", path)
	}
	return r, os.Truncate(path, size)
}

// write writes the rows that have a fault after the first size bytes, and returns how many there are and how long the file is then.
func (r *rejects) write(rows []row, faults []error, size int64) (n int, length int64, err error) {
	var text bytes.Buffer
	lines := csv.NewWriter(&text)
	if size == 0 && r.format == CSV {
		_ = lines.Write(append([]string{lineColumn, reasonColumn}, r.header...)) // to memory: never fails
	}
	for i, fault := range faults {
		if fault == nil {
			continue
		}
		n++
		if r.format == CSV {
			_ = lines.Write(append([]string{strconv.Itoa(rows[i].line), guard(fault.Error())}, r.cells(rows[i])...))
			continue
		}
		raw, err := json.Marshal(rejectedObject(rows[i], fault))
		if err != nil {
			return 0, 0, err
		}
		text.Write(append(raw, '\n'))
	}
	lines.Flush()
	if n == 0 {
		return 0, size, nil
	}
	if r.file == nil {
		if r.file, err = os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
			return 0, 0, err
		}
	}
	if err := r.file.Truncate(size); err != nil {
		return 0, 0, err
	}
	if _, err := r.file.WriteAt(text.Bytes(), size); err != nil {
		return 0, 0, err
	}
	return n, size + int64(text.Len()), r.file.Sync()
}

// cells are those of a row without the columns that a file of rejected rows has already. They are guarded: the file is made to be
// looked at in a spreadsheet.
func (r *rejects) cells(of row) []string {
	var cells []string
	for i, cell := range of.cells {
		own := len(of.header) == len(of.cells) && (of.header[i] == lineColumn || of.header[i] == reasonColumn)
		if !own {
			cells = append(cells, guard(unguard(cell)))
		}
	}
	return cells
}

func (r *rejects) location() string { return r.path }

func rejectedObject(r row, fault error) map[string]any {
	out := map[string]any{}
	for name, v := range r.object {
		out[name] = v
	}
	if r.object == nil {
		out["text"] = string(slices.Clone(r.text))
	}
	out[lineColumn], out[reasonColumn] = r.line, fault.Error()
	return out
}

func (r *rejects) close() {
	if r.file != nil {
		r.file.Close()
	}
}

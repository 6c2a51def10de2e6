package postgres

import (
	"errors"
	"os"
	"sync"
)

// maxLogBytes is the size at which postgres.log is renamed to postgres.log.1, which replaces the one before.
const maxLogBytes = 16 << 20

// quietSettings keep clients' data out of the log: failed statements, their parameters, and the values in error
// details. Clients still get all of it.
func quietSettings() []string {
	var args []string
	for _, setting := range []string{
		"log_min_error_statement=panic", "log_parameter_max_length_on_error=0", "log_parameter_max_length=0", "log_error_verbosity=terse",
		"log_min_duration_statement=-1", "log_min_duration_sample=-1", "log_statement=none", "logging_collector=off", "log_destination=stderr",
	} {
		args = append(args, "-c", setting)
	}
	return args
}

// logFile is a log of bounded size that only its owner can read.
type logFile struct {
	path string
	most int64

	mu   sync.Mutex
	file *os.File
	size int64
}

func openLog(path string, most int64) (*logFile, error) {
	l := &logFile{path: path, most: most}
	return l, l.open()
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err == nil {
		err = file.Chmod(0o600) // an earlier version may have created it readable
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends to the log. It reports success even if the write failed: Postgres must not wait for its log.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > 0 && l.size+int64(len(p)) > l.most {
		l.rotate()
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

// rotate renames the file and begins a new one.
func (l *logFile) rotate() {
	l.file.Close()
	l.file, l.size = nil, 0
	if os.Rename(l.path, l.path+".1") != nil {
		_ = os.Truncate(l.path, 0)
	}
	_ = l.open()
}

// Close closes the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

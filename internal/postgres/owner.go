package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user that Postgres runs as. Postgres refuses to run as root.
type owner struct {
	uid, gid int
	root     bool // this process is root and switches to the user
}

func currentOwner() *owner {
	if os.Geteuid() != 0 {
		return &owner{uid: os.Geteuid(), gid: os.Getegid()}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.Atoi(u.Uid)
			gid, err2 := strconv.Atoi(u.Gid)
			if err1 == nil && err2 == nil && uid != 0 {
				return &owner{uid, gid, true}
			}
		}
	}
	return &owner{65534, 65534, true}
}

func (o *owner) switches() bool { return o.root }

// own gives a folder to the owner.
func (o *owner) own(path string) error {
	if !o.root {
		return nil
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, o.uid, o.gid)
	})
}

// apply makes cmd run as the owner.
func (o *owner) apply(cmd *exec.Cmd) {
	if !o.root {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	//nolint:gosec // the system gave these numbers
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
}

// blockedAt returns the first folder on the path to dir that the owner may not enter, "" if there is none.
func (o *owner) blockedAt(dir string) string {
	if !o.root {
		return ""
	}
	for p := dir; ; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil {
			return fmt.Sprintf("%s (%v)", p, err)
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().Perm()&0o001 == 0 && int(st.Uid) != o.uid {
			return p
		}
		if p == filepath.Dir(p) {
			return ""
		}
	}
}

// digest returns a short name that stands for a path.
func digest(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:6])
}

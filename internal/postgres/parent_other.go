//go:build !linux

package postgres

import (
	"os/exec"
	"syscall"
)

// dieWithParent does nothing, because only Linux signals a child when its parent dies. The next start stops what was
// left running.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

//go:build !linux

package postgres

import (
	"os/exec"
	"syscall"
)

// dieWithParent cannot be had here: the next start stops what was left behind.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

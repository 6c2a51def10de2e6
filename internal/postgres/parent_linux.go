package postgres

import (
	"os/exec"
	"syscall"
)

// dieWithParent asks the kernel to signal the child when this process dies without cleaning up. The signal makes a
// server do a fast shutdown, and an initdb give up.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	// Ctrl-C signals the whole process group. The child is in another one, so that requests drain before it stops.
	cmd.SysProcAttr.Setpgid = true
}

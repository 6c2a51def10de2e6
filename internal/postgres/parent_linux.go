package postgres

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel shut the server down, the fast way, when we end without doing so.
func dieWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	cmd.SysProcAttr.Setpgid = true // Ctrl-C in the terminal is for us: requests drain before the database stops
}

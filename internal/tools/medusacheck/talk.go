package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// talker is a running Medusa that answers requests: shop/talk.js.
type talker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	log *os.File
}

const replyMark = "reply: "

// talk starts a Medusa.
func (s *shop) talk(ctx context.Context, env []string) (*talker, error) {
	t := &talker{cmd: exec.CommandContext(ctx, s.program(), "exec", "./talk.js")}
	t.cmd.Dir, t.cmd.Env = s.dir, append(os.Environ(), env...)
	var err error
	if t.log, err = os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	t.cmd.Stderr = t.log
	if t.in, err = t.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	t.out = bufio.NewReader(out)
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	if err := t.reply(nil); err != nil {
		return nil, errors.Join(fmt.Errorf("start Medusa: %w; see %s", err, s.log), t.close())
	}
	return t, nil
}

// do sends a request to Medusa: graph, create, dismiss, or the name of a workflow.
func (t *talker) do(name string, with, into any) error {
	request, err := json.Marshal(record{"do": name, "with": with})
	if err != nil {
		return err
	}
	if _, err := t.in.Write(append(request, '\n')); err != nil {
		return err
	}
	if err := t.reply(into); err != nil {
		return fmt.Errorf("ask Medusa %s: %w", request, err)
	}
	return nil
}

// reply reads the next answer. It skips other lines, which are Medusa's log.
func (t *talker) reply(into any) error {
	for {
		line, err := t.out.ReadString('\n')
		if err != nil {
			return err
		}
		text, ok := strings.CutPrefix(line, replyMark)
		if !ok {
			if _, err := t.log.WriteString(line); err != nil {
				return err
			}
			continue
		}
		var reply struct {
			Result json.RawMessage
			Error  string
		}
		if err := json.Unmarshal([]byte(text), &reply); err != nil {
			return err
		}
		if reply.Error != "" {
			return errors.New(reply.Error)
		}
		if into == nil {
			return nil
		}
		return decode(reply.Result, into)
	}
}

// graph queries records through Medusa's query.
func (t *talker) graph(entity string, filters record, fields ...string) ([]record, error) {
	var found []record
	err := t.do("graph", record{"entity": entity, "fields": fields, "filters": filters}, &found)
	return found, err
}

// close ends Medusa by closing its input.
func (t *talker) close() error {
	err := t.in.Close()
	_, copyErr := io.Copy(t.log, t.out)
	return errors.Join(err, copyErr, t.cmd.Wait(), t.log.Close())
}

// Command gen writes graph/internal/exec: it reads what schema.graphqls and modules/*/schema.graphqls declare, derives the
// rest of the API, the registry of models and links and the types behind them, and has gqlgen write the executor. It also
// writes docs/modules, a page on each module.
//
// It is run by `make generate`, in the folder that holds gqlgen.yml. Running it again changes nothing.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/plugin/modelgen"
)

func main() {
	if err := run("gqlgen.yml"); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(configFile string) error {
	cfg, err := config.LoadConfig(configFile)
	if err != nil {
		return fmt.Errorf("read %s: %w", configFile, err)
	}
	// gqlgen looks for the fields of inputs in the map they are and reports each as missing.
	log.SetOutput(notices{os.Stderr})
	p := &linkgraph{cfg: cfg, dir: cfg.Exec.Dir()}
	// Ours goes first: the types it writes must be there before modelgen looks for types that are missing.
	return api.Generate(cfg, api.NoPlugins(), api.AddPlugin(p), api.AddPlugin(modelgen.New()))
}

// notices passes on what gqlgen logs, but for the fields of inputs.
type notices struct{ w io.Writer }

func (n notices) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("/resolve/scalar.go")) {
		return len(line), nil
	}
	return n.w.Write(line)
}

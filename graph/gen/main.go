// Command gen writes graph/internal/exec: it reads what schema.graphqls and modules/*/schema.graphqls declare, derives the
// rest of the API and the registry of models and links, and has gqlgen write what resolves the root fields. It also writes docs/modules, a
// page on each module.
//
// It is run by `make generate`, in the folder that holds gqlgen.yml. Running it again changes nothing.
package main

import (
	"fmt"
	"os"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
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
	p := &linkgraph{cfg: cfg, dir: cfg.Exec.Dir()}
	return api.Generate(cfg, api.NoPlugins(), api.AddPlugin(p))
}

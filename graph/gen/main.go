// Command gen generates graph/internal/exec and docs/modules from schema.graphqls and modules/*/schema.graphqls. It
// derives the rest of the schema and the registry of models and links, and has gqlgen generate the execution of root
// fields. docs/modules gets a page per module.
//
// Run it by `make generate`, in the folder that holds gqlgen.yml. Its output depends on the schemas alone.
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

// Command gen generates graph/internal/exec and docs/modules from schema.graphqls and modules/*/schema.graphqls. It
// derives the rest of the schema and the registry of models and links, and has gqlgen generate the execution of root
// fields. docs/modules gets a page per module. It works in a copy of the tree and replaces these folders at the end, so a run that
// fails changes nothing.
//
// Run it by `make generate`, in the folder that holds gqlgen.yml. Its output depends on the schemas, and on the unique indexes of the
// migrations.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

func main() {
	started := time.Now()
	if err := run("gqlgen.yml", os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "generate: nothing was changed:\n%v\n", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stdout, "done in %s\n", time.Since(started).Round(100*time.Millisecond))
}

// compile reports generated code that does not compile.
func compile(dir string) error {
	out, err := exec.CommandContext(context.Background(), "go", "build", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// run generates and reports what it does.
func run(configFile string, report io.Writer) error {
	changed, err := replace(func() error {
		cfg, err := config.LoadConfig(configFile)
		if err != nil {
			return fmt.Errorf("read %s: %w", configFile, err)
		}
		p := &linkgraph{cfg: cfg, dir: cfg.Exec.Dir(), report: report}
		// gqlgen would compile every package: then a new root field could not be generated before its resolver is written.
		cfg.SkipValidation = true
		if err := api.Generate(cfg, api.NoPlugins(), api.AddPlugin(p)); err != nil {
			return err
		}
		return compile(p.dir)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(report, "%s: %d files changed\n", strings.Join(generated, ", "), len(changed))
	for _, name := range changed {
		fmt.Fprintln(report, " ", name)
	}
	return nil
}

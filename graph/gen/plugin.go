package main

import (
	"fmt"
	"go/format"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	execPackage   = "github.com/linkgraph/linkgraph/graph/internal/exec"
	planPackage   = "github.com/linkgraph/linkgraph/graph/internal/plan"
	answerPackage = "github.com/linkgraph/linkgraph/graph/internal/answer"
	answerType    = answerPackage + ".Answer"
)

// linkgraph is the gqlgen plugin. It adds the derived part of the schema, gives every type a Go type of
// graph/internal/answer, and writes the registry and the one-line resolvers.
type linkgraph struct {
	cfg  *config.Config
	dir  string // of the generated package
	spec *spec

	report io.Writer // of what is done
}

func (p *linkgraph) Name() string { return "linkgraph" }

// InjectSourcesEarly reads the declarations and returns the schema derived from them. It writes nothing unless all
// declarations are valid.
func (p *linkgraph) InjectSourcesEarly() ([]*ast.Source, error) {
	declared := slices.DeleteFunc(slices.Clone(p.cfg.Sources), func(s *ast.Source) bool { return s.BuiltIn })
	var err error
	if p.spec, err = read(declared); err != nil {
		return nil, err
	}
	if err := p.spec.markUnique(os.DirFS(".")); err != nil {
		return nil, err
	}
	fmt.Fprintf(
		p.report,
		"%d schema files declare %d models and %d links\n",
		len(declared), len(p.spec.models), len(p.spec.links),
	)
	dir, err := filepath.Rel(mustGetwd(), p.dir)
	if err != nil {
		return nil, err
	}
	sources := p.spec.sources(filepath.ToSlash(dir))
	if err := p.spec.checkWheres(sources); err != nil {
		return nil, err
	}
	if err := p.clean(); err != nil {
		return nil, err
	}
	for _, s := range sources {
		if err := os.WriteFile(s.Name, []byte(s.Input), 0o644); err != nil {
			return nil, fmt.Errorf("write schema: %w", err)
		}
	}
	if err := p.writeStorefront(declared); err != nil {
		return nil, err
	}
	if err := writePages("docs/modules", p.spec, declared); err != nil {
		return nil, err
	}
	return sources, nil
}

// writeStorefront writes the schema of storefronts.
func (p *linkgraph) writeStorefront(declared []*ast.Source) error {
	schema, err := p.spec.storefrontSchema(declared)
	if err != nil {
		return fmt.Errorf("schema of storefronts: %w", err)
	}
	return os.WriteFile(filepath.Join(p.dir, storefrontFile), []byte(schema), 0o644)
}

func mustGetwd() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err) // no working directory: nothing can be generated
	}
	return dir
}

// clean empties the generated package, so that no output of an earlier run is read as a declaration.
func (p *linkgraph) clean() error {
	for _, pattern := range []string{"*.go", "*.graphqls"} {
		names, err := filepath.Glob(filepath.Join(p.dir, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := os.Remove(name); err != nil {
				return fmt.Errorf("clean generated code: %w", err)
			}
		}
	}
	return os.MkdirAll(p.dir, 0o755)
}

// MutateConfig gives every type of the schema a Go type, which gqlgen demands before a field may return it. gqlgen
// generates no code for objects below the root: answer.Answer writes them. The resolvers read inputs themselves,
// because only they know the model.
func (p *linkgraph) MutateConfig(cfg *config.Config) error { //nolint:unparam // an interface of gqlgen
	for name, def := range cfg.Schema.Types {
		entry := config.TypeMapEntry{Model: config.StringList{"github.com/99designs/gqlgen/graphql.String"}}
		switch {
		case def.BuiltIn || cfg.Models.Exists(name) || def == cfg.Schema.Query || def == cfg.Schema.Mutation:
			continue
		case def.Kind == ast.InputObject:
			entry.Model[0] = "github.com/99designs/gqlgen/graphql.Map"
		case def.Kind == ast.Object, def.Kind == ast.Interface:
			entry.Model[0] = answerType
		}
		entry.Fields = map[string]config.TypeMapField{}
		for _, f := range def.Fields {
			entry.Fields[f.Name] = config.TypeMapField{
				Resolver: true,
			} // so that gqlgen looks for no field in the Go type
		}
		cfg.Models[name] = entry
	}
	return nil
}

// GenerateCode removes what gqlgen would generate for types below the root fields, and writes the registry and the
// resolvers.
func (p *linkgraph) GenerateCode(data *codegen.Data) error {
	fmt.Fprintln(p.report, "gqlgen generates the root fields")
	if err := keepRoots(data); err != nil {
		return err
	}
	if err := p.write("registry_gen.go", p.spec.registry); err != nil {
		return err
	}
	return p.write("resolvers_gen.go", p.spec.resolvers)
}

func (p *linkgraph) write(name string, emit func(w *code)) error {
	w := &code{}
	emit(w)
	source, err := format.Source([]byte(w.String()))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(p.dir, name), source, 0o644)
}

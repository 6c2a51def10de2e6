package main

import (
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	execPackage    = "linkgraph/graph/internal/exec"
	resolvePackage = "linkgraph/graph/internal/resolve"
)

// linkgraph is the gqlgen plugin. It adds the derived part of the schema, binds every type to what graph/internal/resolve
// runs on, and writes the registry and the one-line resolvers.
type linkgraph struct {
	cfg  *config.Config
	dir  string // of the generated package
	spec *spec
}

func (p *linkgraph) Name() string { return "linkgraph" }

// InjectSourcesEarly reads the declarations and adds what follows from them. Nothing is written before all of them hold.
func (p *linkgraph) InjectSourcesEarly() ([]*ast.Source, error) {
	declared := slices.DeleteFunc(slices.Clone(p.cfg.Sources), func(s *ast.Source) bool { return s.BuiltIn })
	var err error
	if p.spec, err = read(declared); err != nil {
		return nil, err
	}
	if err := p.clean(); err != nil {
		return nil, err
	}
	dir, err := filepath.Rel(mustGetwd(), p.dir)
	if err != nil {
		return nil, err
	}
	sources := p.spec.sources(filepath.ToSlash(dir))
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

// writeStorefront writes the schema that storefronts see.
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

// clean empties the generated package, so that nothing of an earlier run is mistaken for a declaration of this one.
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

// MutateConfig binds the types of the schema. Every input object is one map: package resolve reads it with the model at
// hand, so no code is generated for inputs.
func (p *linkgraph) MutateConfig(cfg *config.Config) error {
	if err := p.write("objects_gen.go", p.spec.objects); err != nil {
		return err
	}
	bind := func(name, goType string) { cfg.Models[name] = config.TypeMapEntry{Model: config.StringList{goType}} }
	for name, def := range cfg.Schema.Types {
		switch {
		case def.BuiltIn || cfg.Models.Exists(name):
		case def.Kind == ast.InputObject:
			bind(name, resolvePackage+".Input")
		case def.Kind == ast.Enum:
			bind(name, "github.com/99designs/gqlgen/graphql.String")
		}
	}
	for _, name := range p.spec.objectNames() {
		bind(name, execPackage+"."+name)
	}
	return nil
}

// GenerateCode writes what needs the types that gqlgen writes.
func (p *linkgraph) GenerateCode(data *codegen.Data) error {
	data.Inputs = nil // they read themselves
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

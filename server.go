// Command linkgraph serves the GraphQL API of linked modules, and looks after its database.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/linkgraph/linkgraph/internal/cli"
)

func main() {
	if err := cli.Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "linkgraph:", err)
		os.Exit(cli.ExitCode(err))
	}
}

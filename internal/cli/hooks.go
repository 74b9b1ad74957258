package cli

import (
	"context"
	"flag"

	"detente/internal/web"
)

func routesMarkdown() (out string) {
	for _, r := range web.Routes() {
		out += "| " + r.Method + " | `/api/v1/" + r.Path + "` | " + r.Doc + " |\n"
	}
	return out
}

func notBuilt(what string) func(*flag.FlagSet, []string) func(context.Context, *Call) error {
	return plain(func(context.Context, *Call) error { return usage("this build has no %s", what) })
}

var (
	setupDemo = notBuilt("demo")
)

package cli

import "detente/internal/web"

func routesMarkdown() (out string) {
	for _, r := range web.Routes() {
		out += "| " + r.Method + " | `/api/v1/" + r.Path + "` | " + r.Doc + " |\n"
	}
	return out
}

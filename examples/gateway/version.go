package main

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// runVersion returns the runner of gateway version.
func runVersion(c *cli, _ *flag.FlagSet) runner {
	return func([]string) int {
		printVersion(c.stdout)
		return exitOK
	}
}

func printVersion(w io.Writer) {
	info, _ := debug.ReadBuildInfo()
	fmt.Fprintln(w, versionOf(info))
}

// versionOf returns the version of the module, the commit that it was built from, and Go's version.
func versionOf(info *debug.BuildInfo) string {
	version, commit := "(unknown)", ""
	if info != nil {
		version = info.Main.Version
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if revision := settings["vcs.revision"]; revision != "" {
			commit = fmt.Sprintf(", commit %s of %s", revision, settings["vcs.time"])
		}
		if settings["vcs.modified"] == "true" {
			commit += ", modified"
		}
	}
	return fmt.Sprintf("gateway %s%s, %s %s/%s", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

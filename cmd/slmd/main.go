// Command slmd is the service level management daemon.
package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

	"github.com/slmd/slmd/internal/app"
)

// collectAt is at how much garbage, in percent of what is in use, memory is
// collected: rounds leave much behind, and a daemon shall be small before it is
// quick. GOGC overrides it.
const collectAt = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "slmd: error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var o app.Options
	logging := &promslog.Config{}
	if err := flags(&o, logging, args); err != nil {
		return err
	}
	o.Log = promslog.New(logging)
	slog.SetDefault(o.Log) // for libraries that log by themselves
	return app.Run(o)
}

func flags(o *app.Options, logging *promslog.Config, args []string) error {
	k := kingpin.New("slmd", "The service level management daemon: keeps agreements, measures them from Prometheus, judges, announces and reports.")
	k.HelpFlag.Short('h')
	k.Version(version.Print("slmd")).UsageWriter(os.Stdout)
	k.Flag("config.file", "The configuration.").Default("slmd.yml").StringVar(&o.ConfigFile)
	k.Flag("storage.path", "The directory of the database and the reports.").Default("data/").StringVar(&o.StoragePath)
	k.Flag("web.listen-address", "An address to listen on; may be given several times. Pages show charges: other addresses than loopback warn until authentication is configured.").
		Default("127.0.0.1:9596").StringsVar(&o.Listen)
	k.Flag("web.config.file", "TLS and basic authentication, in the format of the exporter toolkit.").StringVar(&o.WebConfigFile)
	k.Flag("web.external-url", "The address under which people reach slmd; it stands in alerts and reports.").StringVar(&o.ExternalURL)
	k.Flag("web.route-prefix", "The prefix of all paths; by default the path of --web.external-url.").StringVar(&o.RoutePrefix)
	k.Flag("web.enable-lifecycle", "Allow PUT and POST on /-/reload.").BoolVar(&o.Lifecycle)
	promslogflag.AddFlags(k, logging)
	_, err := k.Parse(args)
	return err
}

using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>fleet</c>: what changed on all volumes of an engine.</summary>
internal static class FleetCommand
{
    internal static Command Create(CliApplication application)
    {
        var where = new Argument<string>("ENGINE") { Description = "An engine, or its address; with a place, only volumes there and below: ceph-rbd, ceph-rbd:rbd, zfs+ssh://root@host/tank" };
        var from = new Option<string?>("--base") { Description = "Compare with the snapshot of this name, instead of the one before the newest", HelpName = "NAME" };
        var to = new Option<string?>("--target") { Description = "The newer snapshot is the one of this name, instead of the newest", HelpName = "NAME" };
        var prefix = new Option<string?>("--prefix") { Description = "Only snapshots whose names begin with this; the others count as not there", HelpName = "TEXT" };
        var parallel = new Option<int>("--parallel") { Description = $"How many volumes are asked at once, 1 to {FleetOptions.MostParallel}", HelpName = "N", DefaultValueFactory = _ => FleetOptions.DefaultParallel };
        var perVolume = new Option<bool>("--list-per-volume") { Description = "List the snapshots of each volume when its turn comes, not all of them beforehand: the first lines come at once; where each list starts a program it takes longer. Ceph RBD is asked so anyway" };
        var extents = new Option<bool>("--extents") { Description = "Print the changed byte ranges too, as they come: those of several volumes between each other" };
        var command = new Command("fleet", "List what changed between two snapshots of every volume of an engine, many asked at once") { where, from, to, prefix, parallel, perVolume, extents };
        return application.Define(command, async (session, cancellationToken) =>
        {
            VolumeAddress address = Addresses.Engine(session.Get(where)!);
            FleetOptions options = Checked(new FleetOptions
            {
                BaseName = NameOf(session.Get(from)),
                TargetName = NameOf(session.Get(to)),
                NamePrefix = session.Get(prefix),
                Parallel = session.Get(parallel),
                ListPerVolume = session.Get(perVolume) ? true : null,
                WithExtents = session.Get(extents),
                Location = address.Location.IsRoot ? null : address.Location,
                Time = session.Environment.Time,
            });
            IStorageEngine engine = await session.EngineAsync(address, cancellationToken);
            var output = new FleetOutput(session.Output, options);
            Task<bool> AskAsync(IProgress<OperationProgress>? progress) => PrintAsync(engine, options with { Progress = progress }, output, cancellationToken);

            // Where a person sees the lines as they come, a bar would only be in their way.
            _ = await (session.Environment.OutputIsTerminal ? AskAsync(null) : session.Progress.RunAsync("fleet", AskAsync, "items"));
            RequireAny(output, engine, address);
            output.End();
            return output.Failed > 0 ? ExitCode.SomeFailed : ExitCode.Ok;
        });
    }

    private static async Task<bool> PrintAsync(IStorageEngine engine, FleetOptions options, FleetOutput output, CancellationToken cancellationToken)
    {
        await foreach (FleetEvent each in FleetChanges.QueryAsync(engine, options, cancellationToken))
        {
            output.Print(each);
        }

        return true;
    }

    private static string? NameOf(string? text) => text is null ? null : Addresses.Name(text.TrimStart('@'));

    private static FleetOptions Checked(FleetOptions options)
    {
        foreach ((string option, string? name) in new[] { ("--base", options.BaseName), ("--target", options.TargetName) })
        {
            if (name is not null && options.NamePrefix is { } prefix && !name.StartsWith(prefix, StringComparison.Ordinal))
            {
                throw new UsageException($"{option} {name} does not begin with '{prefix}', so that no volume has it", "leave --prefix out, or name another snapshot");
            }
        }

        return options.BaseName is not null && options.BaseName == options.TargetName ? throw new UsageException($"--base and --target are both '{options.BaseName}'", "name two snapshots")
            : options.Parallel is < 1 or > FleetOptions.MostParallel ? throw new UsageException($"--parallel {options.Parallel}: give 1 to {FleetOptions.MostParallel}", "see 'storage-engines fleet --help'")
            : options;
    }

    // A mistyped place must not look like volumes without changes.
    private static void RequireAny(FleetOutput output, IStorageEngine engine, VolumeAddress address)
    {
        if (output.Volumes == 0 && !address.Location.IsRoot)
        {
            throw new StorageEngineException(
                EngineStatus.NotFound, EngineReason.VolumeMissing, Recovery.FixRequest, $"The engine '{engine.Name}' lists no volume at '{address.Location}' or below it; check the place.")
            { Engine = engine.Name };
        }
    }
}

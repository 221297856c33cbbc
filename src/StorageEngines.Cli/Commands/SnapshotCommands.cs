using System.CommandLine;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>snapshot create|list|delete|rollback|clone|hold|release</c>.</summary>
internal static class SnapshotCommands
{
    internal static Command Create(CliApplication application) => new("snapshot", "Create, list and delete snapshots, roll back, clone")
    {
        CreateSnapshot(application),
        List(application),
        Delete(application),
        Rollback(application),
        Clone(application),
        Hold(application),
        Release(application),
    };

    private static Argument<string> SnapshotArgument() => new("VOLUME@NAME") { Description = "The snapshot, e.g. /srv/data@monday" };

    private static Option<string> OwnerOption() => new("--owner") { Description = "Whose hold it is; any word", HelpName = "OWNER", Required = true };

    private static Command CreateSnapshot(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var labels = new Option<string[]>("--label") { Description = "KEY=VALUE to keep with the snapshot; may be repeated", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        var consistency = new Option<Consistency>("--consistency") { Description = "Fail unless the snapshot is at least this consistent", DefaultValueFactory = _ => Consistency.Unknown };
        var command = new Command("create", "Take a snapshot; asked again with the same name, it returns the one that is there") { name, labels, consistency };
        return application.Define(command, async (session, cancellationToken) =>
        {
            SnapshotAddress address = Addresses.Snapshot(session.Get(name)!);
            OpenVolume volume = await session.VolumeAsync(address.Volume, cancellationToken);
            var request = new CreateSnapshotRequest(volume.Info.Ref, address.SnapshotName)
            {
                Labels = ParseLabels(session.Get(labels) ?? []),
                MinimumConsistency = session.Get(consistency),
            };
            ISnapshots snapshots = volume.Feature<ISnapshots>(EngineCapability.Snapshot);
            SnapshotInfo made = await session.Progress.RunAsync(
                "snapshot", progress => snapshots.CreateAsync(request with { Progress = progress }, cancellationToken));
            SnapshotOutput.Created(session.Output, made);
            foreach (string warning in made.Warnings)
            {
                session.Warn(warning);
            }

            return ExitCode.Ok;
        });
    }

    private static Command List(CliApplication application)
    {
        var address = new Argument<string>("VOLUME") { Description = "The volume" };
        var prefix = new Option<string?>("--prefix") { Description = "Only names that begin with this", HelpName = "TEXT" };
        var command = new Command("list", "List a volume's snapshots, oldest first") { address, prefix };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenVolume volume = await session.VolumeAsync(session.Get(address)!, cancellationToken);
            List<SnapshotInfo> list = await volume.Feature<ISnapshots>(EngineCapability.Snapshot)
                .ListAsync(volume.Info.Ref, session.Get(prefix), cancellationToken).ToListAsync(cancellationToken);
            SnapshotOutput.List(session.Output, volume.Info, list);
            return ExitCode.Ok;
        });
    }

    private static Command Delete(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var dataOnly = new Option<bool>("--data-only") { Description = "Delete the data, but keep what later changes are computed from" };
        var ifExists = new Option<bool>("--if-exists") { Description = "It is no error if there is no such snapshot" };
        var command = new Command("delete", "Delete one snapshot") { name, dataOnly, ifExists };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot;
            try
            {
                snapshot = await session.SnapshotAsync(session.Get(name)!, cancellationToken);
            }
            catch (SnapshotNotFoundException) when (session.Get(ifExists))
            {
                SnapshotOutput.Done(session.Output, "delete", null, "nothing to delete");
                return ExitCode.Ok;
            }

            DeleteMode mode = session.Get(dataOnly) ? DeleteMode.DataOnly : DeleteMode.Everything;
            await snapshot.Volume.Feature<ISnapshots>(EngineCapability.Snapshot).DeleteAsync(snapshot.Info.Ref, mode, cancellationToken);
            SnapshotOutput.Done(session.Output, "delete", snapshot.Info.Ref, "deleted");
            return ExitCode.Ok;
        });
    }

    private static Command Rollback(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var destroyNewer = new Option<bool>("--destroy-newer") { Description = "Lose the snapshots that are newer" };
        var safety = new Option<string?>("--safety") { Description = "First take a snapshot of this name, to be able to come back", HelpName = "NAME" };
        var command = new Command("rollback", "Put the volume back in place to a snapshot; what changed since is lost") { name, destroyNewer, safety };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot = await session.SnapshotAsync(session.Get(name)!, cancellationToken);
            ISnapshots snapshots = snapshot.Volume.Feature<ISnapshots>(EngineCapability.RollbackInPlace);
            string? safetyName = session.Get(safety) is { } text ? Addresses.Name(text) : null;
            await session.Progress.RunAsync("roll back", progress => snapshots.RollbackAsync(
                snapshot.Info.Ref, new RollbackOptions(session.Get(destroyNewer), safetyName) { Progress = progress }, cancellationToken));
            SnapshotOutput.Done(session.Output, "rollback", snapshot.Info.Ref, "rolled back to");
            return ExitCode.Ok;
        });
    }

    private static Command Clone(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var location = new Argument<string>("LOCATION") { Description = "Where the new volume will be; it must not exist" };
        var command = new Command("clone", "Make a new writable volume from a snapshot") { name, location };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot = await session.SnapshotAsync(session.Get(name)!, cancellationToken);
            BytePath where = snapshot.Volume.Info.Location.IsAbsolute ? Addresses.LocalPath(session.Get(location)!) : BytePath.Parse(session.Get(location)!);
            ISnapshots snapshots = snapshot.Volume.Feature<ISnapshots>(EngineCapability.Clone);
            VolumeInfo clone = await session.Progress.RunAsync(
                "clone", progress => snapshots.CloneAsync(snapshot.Info.Ref, where, progress, cancellationToken));
            SnapshotOutput.Cloned(session.Output, snapshot.Info, clone);
            return ExitCode.Ok;
        });
    }

    private static Command Hold(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        Option<string> owner = OwnerOption();
        var command = new Command("hold", "Forbid the deletion of a snapshot") { name, owner };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot = await session.SnapshotAsync(session.Get(name)!, cancellationToken);
            await snapshot.Volume.Feature<ISnapshots>(EngineCapability.Hold).HoldAsync(snapshot.Info.Ref, session.Get(owner)!, cancellationToken);
            SnapshotOutput.Done(session.Output, "hold", snapshot.Info.Ref, "held");
            return ExitCode.Ok;
        });
    }

    private static Command Release(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        Option<string> owner = OwnerOption();
        var command = new Command("release", "Take a hold back") { name, owner };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot = await session.SnapshotAsync(session.Get(name)!, cancellationToken);
            await snapshot.Volume.Feature<ISnapshots>(EngineCapability.Hold).ReleaseAsync(snapshot.Info.Ref, session.Get(owner)!, cancellationToken);
            SnapshotOutput.Done(session.Output, "release", snapshot.Info.Ref, "released");
            return ExitCode.Ok;
        });
    }

    private static Dictionary<string, string> ParseLabels(string[] texts)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=');
            if (equals <= 0 || !labels.TryAdd(text[..equals], text[(equals + 1)..]))
            {
                throw new UsageException($"'{text}' is not a label, or its key is given twice", "use KEY=VALUE");
            }
        }

        return labels;
    }
}

using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
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

    /// <summary>The words for <see cref="Consistency"/>, in its order: to take them from the type's names compiles methods at each start.</summary>
    internal static readonly string[] ConsistencyWords = ["unknown", "perFile", "crash", "fileSystem", "application"];

    private static Argument<string> SnapshotArgument() => new("VOLUME@NAME") { Description = "The snapshot, e.g. /srv/data@monday" };

    private static Option<string> OwnerOption() => new("--owner") { Description = "Whose hold it is; any word", HelpName = "OWNER", Required = true };

    private static Command CreateSnapshot(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var labels = new Option<string[]>("--label") { Description = "KEY=VALUE to keep with the snapshot; may be repeated", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };
        Option<string> consistency = new Option<string>("--consistency") { Description = "Fail unless the snapshot is at least this consistent", DefaultValueFactory = _ => ConsistencyWords[0] }
            .AcceptOnlyFromAmong(ConsistencyWords);
        var isNew = new Option<bool>("--new") { Description = "Fail if there is a snapshot of that name already" };
        Option<string?> paranoid = RecheckOption.Create();
        Option<string[]> with = GroupCommands.WithOption();
        var command = new Command("create", "Take a snapshot; asked again with the same name, it returns the one that is there") { name, labels, consistency, isNew, paranoid, with };
        return application.Define(command, async (session, cancellationToken) =>
        {
            SnapshotAddress address = Addresses.Snapshot(session.Get(name)!);
            if (session.Get(with) is { Length: > 0 } others)
            {
                var options = new GroupSnapshotOptions { Labels = ParseLabels(session.Get(labels) ?? []), MinimumConsistency = Least(session, consistency) };
                return session.Has(paranoid)
                    ? throw new UsageException("--paranoid does not go with --with", "take the snapshots one by one")
                    : await GroupCommands.CreateAsync(session, address, others, options, session.Get(isNew), cancellationToken);
            }

            OpenVolume volume = await session.VolumeAsync(address.Volume, cancellationToken);
            var request = new CreateSnapshotRequest(volume.Info.Ref, address.SnapshotName)
            {
                Labels = ParseLabels(session.Get(labels) ?? []),
                MinimumConsistency = Least(session, consistency),
                RecheckPercent = RecheckOption.Percent(session, paranoid),
            };
            ISnapshots snapshots = volume.Feature<ISnapshots>(EngineCapability.Snapshot);
            SnapshotInfo? before = await SnapshotFinder.ByNameAsync(volume, address.SnapshotName, cancellationToken);
            if (before is not null && session.Get(isNew))
            {
                throw NameTaken(before);
            }

            SnapshotInfo made = await StoreCommands.Hinted(() => session.Progress.RunAsync(
                "snapshot", progress => snapshots.CreateAsync(request with { Progress = progress }, cancellationToken)));
            SnapshotOutput.Created(session.Output, made, wasThere: before?.Ref.Id == made.Ref.Id);
            foreach (string warning in session.Output.IsJson ? [] : made.Warnings)
            {
                session.Warn(warning);
            }

            return before?.Ref.Id != made.Ref.Id && made.Statistics?.Recheck is { Changed: > 0 } ? ExitCode.Differs : ExitCode.Ok;
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
            foreach (string warning in list.Where(snapshot => snapshot is { State: SnapshotState.Failed, Ref.Name: null }).SelectMany(snapshot => snapshot.Warnings))
            {
                session.Warn($"a snapshot cannot be read: {warning}");
            }

            SnapshotOutput.List(session.Output, volume.Info, list);
            return ExitCode.Ok;
        });
    }

    private static Command Delete(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var dataOnly = new Option<bool>("--data-only") { Description = "Delete the data, but keep what later changes are computed from" };
        var ifExists = new Option<bool>("--if-exists") { Description = "It is no error if there is no such snapshot" };
        Option<bool> group = GroupCommands.GroupOption();
        Option<bool> yes = Confirmation.Option();
        var command = new Command("delete", "Delete one snapshot; asks first on a terminal") { name, dataOnly, ifExists, group, yes };
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot;
            try
            {
                snapshot = await session.SnapshotAsync(session.Get(name)!, cancellationToken, unreadable: true);
            }
            catch (SnapshotNotFoundException) when (session.Get(ifExists))
            {
                SnapshotOutput.Done(session.Output, "delete", null, "nothing to delete");
                return ExitCode.Ok;
            }

            bool ask = !session.Get(yes) && Confirmation.CanAsk(session);
            if (session.Get(group))
            {
                return session.Get(dataOnly)
                    ? throw new UsageException("--data-only does not go with --group", "delete the data of the snapshots one by one")
                    : await GroupCommands.DeleteAsync(session, snapshot, ask, cancellationToken);
            }

            if (ask)
            {
                string what = session.Get(dataOnly) ? "the data of snapshot" : "snapshot";
                await Confirmation.AskAsync(session, $"Delete {what} '{snapshot.Info.Ref}' of {Sizes.Instant(snapshot.Info.CreatedAt)}?", cancellationToken);
            }

            DeleteMode mode = session.Get(dataOnly) ? DeleteMode.DataOnly : DeleteMode.Everything;
            await snapshot.Volume.Feature<ISnapshots>(EngineCapability.Snapshot).DeleteAsync(snapshot.Info.Ref, mode, cancellationToken);
            if (snapshot.Info is { State: SnapshotState.Failed, Ref.Name: null })
            {
                session.Warn("its record cannot be read, so it was not destroyed but moved aside, to the directory 'quarantine' of the store");
            }

            SnapshotOutput.Done(session.Output, "delete", snapshot.Info.Ref, "deleted");
            if (snapshot.Volume.Engine.Feature<IStoreMaintenance>() is not null)
            {
                session.Output.Remark("'store collect' gives its space back");
            }

            return ExitCode.Ok;
        });
    }

    private static Command Rollback(CliApplication application)
    {
        Argument<string> name = SnapshotArgument();
        var destroyNewer = new Option<bool>("--destroy-newer") { Description = "Lose the snapshots that are newer" };
        var safety = new Option<string?>("--safety") { Description = "First take a snapshot of this name, to be able to come back", HelpName = "NAME" };
        Option<bool> yes = Confirmation.Option();
        var command = new Command("rollback", "Put the volume back in place to a snapshot; what changed since is lost unless --safety keeps it") { name, destroyNewer, safety, yes };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string? safetyName = session.Get(safety) is { } text ? Addresses.Name(text) : null;
            bool loses = safetyName is null || session.Get(destroyNewer);
            if (loses && !session.Get(yes) && !Confirmation.CanAsk(session))
            {
                throw new UsageException(
                    "rollback loses what changed since the snapshot, and there is no terminal to ask on", "give --yes if that is meant, or keep it with --safety NAME");
            }

            OpenSnapshot snapshot = (await session.SnapshotAsync(session.Get(name)!, cancellationToken)).WithData();
            ISnapshots snapshots = snapshot.Volume.Feature<ISnapshots>(EngineCapability.RollbackInPlace);
            if (safetyName is not null && await SnapshotFinder.ByNameAsync(snapshot.Volume, safetyName, cancellationToken) is { } taken)
            {
                throw NameTaken(taken);
            }

            if (loses && !session.Get(yes))
            {
                string newer = session.Get(destroyNewer) ? " and its newer snapshots" : "";
                await Confirmation.AskAsync(
                    session, $"Put {snapshot.Volume.Info.Location} back to '{snapshot.Info.Ref.Name}' of {Sizes.Instant(snapshot.Info.CreatedAt)}? What changed since{newer} will be lost.", cancellationToken);
            }

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
            OpenSnapshot snapshot = (await session.SnapshotAsync(session.Get(name)!, cancellationToken)).WithData();
            BytePath where = snapshot.Volume.Info.Location.IsAbsolute ? Outside(Addresses.LocalPath(session.Get(location)!)) : BytePath.Parse(session.Get(location)!);
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
            await snapshot.Volume.Feature<ISnapshots>(EngineCapability.Hold).HoldAsync(snapshot.Info.Ref, Owner(session, owner), cancellationToken);
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
            await snapshot.Volume.Feature<ISnapshots>(EngineCapability.Hold).ReleaseAsync(snapshot.Info.Ref, Owner(session, owner), cancellationToken);
            SnapshotOutput.Done(session.Output, "release", snapshot.Info.Ref, "released");
            return ExitCode.Ok;
        });
    }

    private static BytePath Outside(BytePath path)
    {
        Places.RequireOutsideOfStores(path, "clone to");
        return path;
    }

    private static string Owner(CliSession session, Option<string> option) => SnapshotName.IsValid(session.Get(option)!)
        ? session.Get(option)!
        : throw new UsageException($"'{session.Get(option)}' is not the name of an owner", $"use 1 to {SnapshotName.MaxLength} letters, digits, '.', '_', ':' and '-', not beginning with '.' or '-'");

    /// <summary>The error that a name is taken.</summary>
    internal static StorageEngineException NameTaken(SnapshotInfo snapshot) => new(
        EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"There is a snapshot '{snapshot.Ref}' already, taken {Sizes.Instant(snapshot.CreatedAt)}; nothing was done.")
    { Engine = snapshot.Ref.Volume.Engine };

    private static Consistency Least(CliSession session, Option<string> option) => (Consistency)Array.IndexOf(ConsistencyWords, session.Get(option));

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

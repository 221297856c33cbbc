using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;

namespace StorageEngines.Cli.Commands;

/// <summary><c>store check|stats|collect|repack</c>: the upkeep of a store.</summary>
internal static class StoreCommands
{
    private const string UsualEngine = "tarrsync";
    private const string RepairHint = "'store check --repair' moves what cannot be read aside; it destroys nothing";

    internal static Command Create(CliApplication application)
    {
        var engine = new Option<string?>("--engine") { Description = "The engine whose store it is; default: the fallback engine", HelpName = "ENGINE", Recursive = true };
        return new Command("store", "Check a store of snapshots, see what it holds, give its space back")
        {
            engine,
            Check(application, engine),
            Stats(application, engine),
            Collect(application, engine),
            Repack(application, engine),
        };
    }

    /// <summary>Says how to go on when a damaged record stands in the way of an action.</summary>
    internal static async Task<T> Hinted<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (CorruptDataException error)
        {
            error.Data["hint"] = RepairHint;
            throw;
        }
    }

    private static Command Check(CliApplication application, Option<string?> engineOption)
    {
        var quick = new Option<bool>("--quick") { Description = "Read no data: records, lists and indexes only" };
        var repair = new Option<bool>("--repair") { Description = "Move records that cannot be read to the store's directory 'quarantine', so that they stand in nobody's way" };
        var command = new Command("check", "Check every checksum of the store, and that every snapshot has all its data") { quick, repair };
        return application.Define(command, async (session, cancellationToken) =>
        {
            await using IStorageEngine engine = await OpenAsync(session, session.Get(engineOption), cancellationToken);
            var found = new FoundDamage();
            StoreCheckReport report = await session.Progress.RunAsync("check", progress => Feature(engine).CheckAsync(
                new StoreCheckOptions { Quick = session.Get(quick), Repair = session.Get(repair), Damage = found, Progress = progress }, cancellationToken));
            foreach (string note in report.Notes)
            {
                session.Warn(note);
            }

            StoreOutput.Check(session.Output, report, found.Kept);
            return report.IsWhole ? ExitCode.Ok : ExitCode.DataLoss;
        });
    }

    private static Command Stats(CliApplication application, Option<string?> engineOption)
        => application.Define(new Command("stats", "Count what the store holds: deduplication, compression, what each snapshot needs for itself alone"), async (session, cancellationToken) =>
        {
            await using IStorageEngine engine = await OpenAsync(session, session.Get(engineOption), cancellationToken);
            StoreOutput.Statistics(session.Output, await Hinted(() => session.Progress.RunAsync("count", progress => Feature(engine).GetStatisticsAsync(progress, cancellationToken))));
            return ExitCode.Ok;
        });

    private static Command Collect(CliApplication application, Option<string?> engineOption)
    {
        Option<string?> grace = GraceOption();
        var command = new Command("collect", "Give back the space that no snapshot needs any more") { grace };
        return application.Define(command, async (session, cancellationToken) =>
        {
            TimeSpan wait = Durations.Parse(session.Get(grace), "--grace", StoreCollectOptions.DefaultGrace);
            await using IStorageEngine engine = await OpenAsync(session, session.Get(engineOption), cancellationToken);
            StoreOutput.Collected(session.Output, await Hinted(() => session.Progress.RunAsync(
                "collect", progress => Feature(engine).CollectAsync(new StoreCollectOptions { Grace = wait, Progress = progress }, cancellationToken))));
            return ExitCode.Ok;
        });
    }

    private static Command Repack(CliApplication application, Option<string?> engineOption)
    {
        Option<string?> grace = GraceOption();
        var unused = new Option<int>("--max-unused") { Description = "Write a file of the store anew if more than this of it is not needed, in per cent, 1 to 100", HelpName = "PERCENT", DefaultValueFactory = _ => 25 };
        var command = new Command("repack", "Write files of the store anew that hold much that is not needed, merge small ones, then collect") { grace, unused };
        return application.Define(command, async (session, cancellationToken) =>
        {
            TimeSpan wait = Durations.Parse(session.Get(grace), "--grace", StoreCollectOptions.DefaultGrace);
            int percent = session.Get(unused);
            if (percent is < 1 or > 100)
            {
                throw new UsageException($"--max-unused {percent}: give 1 to 100", "see 'storage-engines store repack --help'");
            }

            await using IStorageEngine engine = await OpenAsync(session, session.Get(engineOption), cancellationToken);
            StoreRepackReport report = await Hinted(() => session.Progress.RunAsync("repack", progress => Feature(engine).RepackAsync(
                new StoreRepackOptions { UnusedShare = percent / 100.0, Collect = new StoreCollectOptions { Grace = wait, Progress = progress } }, cancellationToken)));
            if (report.PacksSkipped > 0)
            {
                session.Warn($"{report.PacksSkipped} files of the store hold damaged blocks and were left as they are; 'store check' names them");
            }

            StoreOutput.Repacked(session.Output, report);
            return ExitCode.Ok;
        });
    }

    private static Option<string?> GraceOption() => new("--grace")
    {
        Description = "How long something must have been known as not needed before it goes, e.g. 0, 90s, 30m, 1h, 7d; readers of deleted snapshots have that long to end [default: 1h]",
        HelpName = "DURATION",
    };

    private static async Task<IStorageEngine> OpenAsync(CliSession session, string? wanted, CancellationToken cancellationToken)
    {
        string[] schemes = [.. (await session.Catalog.ListAsync(cancellationToken)).Select(engine => engine.Scheme).Distinct()];
        if (wanted is not null && !schemes.Contains(wanted))
        {
            throw new UsageException($"there is no engine '{wanted}'", Suggestions.Hint(wanted, schemes) ?? "'engines' lists those that were found");
        }

        return session.Catalog.OpenEngine(wanted ?? (schemes.Contains(UsualEngine) ? UsualEngine : schemes.First()));
    }

    private static IStoreMaintenance Feature(IStorageEngine engine) => engine.Feature<IStoreMaintenance>()
        ?? throw new StorageEngineException(EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
            $"The engine '{engine.Name}' has no store of its own to look after.")
        { Engine = engine.Name };

    private sealed class FoundDamage : IProgress<StoreDamage>
    {
        private readonly Lock _gate = new();

        internal List<StoreDamage> Kept { get; } = [];

        public void Report(StoreDamage value)
        {
            lock (_gate)
            {
                if (Kept.Count < StoreOutput.MostDamages)
                {
                    Kept.Add(value);
                }
            }
        }
    }
}

using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>changes</c>: which byte ranges changed between two snapshots.</summary>
internal static class ChangesCommand
{
    internal static Command Create(CliApplication application)
    {
        var from = new Argument<string>("BASE") { Description = "The older snapshot, VOLUME@NAME" };
        var to = new Argument<string>("TARGET") { Description = "The newer snapshot, VOLUME@NAME, or @NAME of the same volume" };
        var basePath = new Option<string?>("--base-path") { Description = "The file's path in the base, if it was renamed", HelpName = "FILE" };
        Option<string> fallback = new Option<string>("--fallback")
        {
            Description = "What to do if the changes are not known: fail; take the allocated ranges; take those or everything",
            DefaultValueFactory = _ => "fail",
        }.AcceptOnlyFromAmong("fail", "allocated", "full");
        var options = new ExtentOptions();
        var command = new Command("changes", "List the byte ranges that changed between two snapshots") { from, to, basePath, fallback };
        options.AddTo(command);
        return application.Define(command, async (session, cancellationToken) =>
        {
            string format = session.Get(options.Format)!;
            FallbackPolicy policy = session.Get(fallback) switch
            {
                "allocated" => FallbackPolicy.Allocated,
                "full" => FallbackPolicy.AllocatedThenFull,
                _ => FallbackPolicy.Fail,
            };
            (OpenSnapshot? older, OpenSnapshot newer) = await PairAsync(session, session.Get(from)!, session.Get(to)!, policy, cancellationToken);
            BytePath? path = options.PathOf(session);
            if (path is null && newer.IsTree)
            {
                CheckWholeTree(session, options, format, policy);
                await WholeTreeAsync(session, older!, newer, format == "json" || session.Output.IsJson, cancellationToken);
                return ExitCode.Ok;
            }

            IAsyncEnumerable<ExtentBatch> answer = ChangeLadder.QueryAsync(
                newer.Engine,
                policy == FallbackPolicy.Fail ? older!.Token : older?.Info.ChangeToken,
                newer.Info.Ref,
                new ChangeLadderOptions
                {
                    Fallback = policy,
                    Path = path,
                    BasePath = session.Get(basePath) is { } text ? Addresses.InVolume(text) : null,
                    StartingOffset = session.Get(options.StartingOffset),
                    MaxResults = session.Get(options.MaxResults),
                },
                cancellationToken);
            await ExtentOutput.WriteAsync(session, answer, format, "changed", cancellationToken);
            return ExitCode.Ok;
        });
    }

    /// <summary>Finds both; without a base only where the caller takes another answer then.</summary>
    private static async Task<(OpenSnapshot? Base, OpenSnapshot Target)> PairAsync(
        CliSession session, string from, string to, FallbackPolicy policy, CancellationToken cancellationToken)
    {
        try
        {
            return await session.PairAsync(from, to, cancellationToken);
        }
        catch (StorageEngineException error) when (policy != FallbackPolicy.Fail && error.Recovery == Recovery.TakeFull)
        {
            session.Warn(error.Message);
            return (null, await session.SnapshotAsync(to.StartsWith('@') ? $"{Addresses.Snapshot(from).Volume}{to}" : to, cancellationToken));
        }
    }

    private static void CheckWholeTree(CliSession session, ExtentOptions options, string format, FallbackPolicy policy)
    {
        if (format is not ("table" or "json") || policy != FallbackPolicy.Fail || session.Get(options.StartingOffset) != 0 || session.Get(options.MaxResults) != 0)
        {
            throw new UsageException(
                "--format csi, rbd and borg, --fallback, --starting-offset and --max-results are about one address space, and this volume is a tree",
                "name one file with --path FILE");
        }
    }

    private static async Task WholeTreeAsync(CliSession session, OpenSnapshot older, OpenSnapshot newer, bool asJson, CancellationToken cancellationToken)
    {
        IFileDiff differ = newer.Volume.Feature<IFileDiff>(EngineCapability.FileDiff);
        long files = 0, data = 0;
        bool first = !asJson;
        await foreach (FileChange change in differ.DiffAsync(new FileDiffQuery(older.Token, newer.Info.Ref), cancellationToken))
        {
            if (first)
            {
                ExtentOutput.Heading(session.Output, "");
                first = false;
            }

            if ((change.Kind & (FileChangeKind.Content | FileChangeKind.Added)) == 0 || change.TargetEntry is { Type: not TreeEntryType.File })
            {
                continue;
            }

            files++;
            await foreach (IReadOnlyList<Extent> extents in ExtentsOfAsync(older, newer, change, cancellationToken))
            {
                data += extents.Where(extent => extent.State == ExtentState.Data).Sum(extent => extent.Length);
                Print(session.Output, change, extents, asJson);
            }
        }

        if (!asJson)
        {
            session.Output.Remark($"{Sizes.Count(files)} files: {Sizes.Exact(data)} changed");
        }
    }

    private static void Print(CliOutput output, FileChange change, IReadOnlyList<Extent> extents, bool asJson)
    {
        if (asJson)
        {
            output.JsonLine(json =>
            {
                json.WriteStartObject();
                json.WriteString("path", change.Path.ToString());
                json.WriteString("oldPath", change.OldPath?.ToString());
                ExtentOutput.Extents(json, extents);
                json.WriteEndObject();
            });
            return;
        }

        foreach (Extent extent in extents)
        {
            ExtentOutput.Row(output, extent, change.Path.ToString());
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<Extent>> ExtentsOfAsync(
        OpenSnapshot older, OpenSnapshot newer, FileChange change, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (change.Extents is not null)
        {
            yield return change.Extents;
            yield break;
        }

        var options = new ChangeLadderOptions { Path = change.Path, BasePath = change.OldPath };
        await foreach (ExtentBatch batch in ChangeLadder.QueryAsync(newer.Engine, older.Token, newer.Info.Ref, options, cancellationToken))
        {
            yield return batch.Extents;
        }
    }
}

using System.Diagnostics;
using StorageEngines.Cli.Commands;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Demo;

/// <summary>The demo's steps, one after the other.</summary>
internal sealed class DemoRun(CliSession session, DemoWorkspace workspace, string source)
{
    private const int LinesOfDiff = 8;
    private const int MostExtents = 1 << 20; // 64 GiB of a file in the smallest blocks; a file with more counts as a whole
    private const string Scheme = "tarrsync";
    private long _started = Stopwatch.GetTimestamp();
    private int _step;

    internal async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        OpenSnapshot original = await SnapshotAsync(BytePath.FromString(source), "original", cancellationToken);
        Done($"took a snapshot of {source} (it is only read)");
        BytePath copy = workspace.At("copy");
        await RestoreAsync(original, copy, cancellationToken);
        Done("restored it as a working copy");
        OpenSnapshot first = await SnapshotAsync(copy, "first", cancellationToken);
        Done($"first snapshot of the copy: read {Sizes.Exact(first.Info.Statistics?.BytesRead ?? 0)}");
        Edit(copy, cancellationToken);
        OpenSnapshot second = await SnapshotAsync(copy, "second", cancellationToken);
        Done($"second snapshot: read {Sizes.Exact(second.Info.Statistics?.BytesRead ?? 0)}");
        Changes changes = await DiffAsync(first, second, cancellationToken);
        BytePath stream = workspace.At("difference");
        DifferentialSummary exported = await ExportCommand.ToFileAsync(session, first, second, DifferentialFormat.BtrfsSend, stream, replace: false, cancellationToken);
        long streamBytes = new FileInfo(stream.ToString()).Length;
        Done($"exported the difference as a Btrfs send stream: {Sizes.Exact(streamBytes)} in {Sizes.Count(exported.Items)} commands");
        BytePath restored = workspace.At("restored");
        await RestoreAsync(first, restored, cancellationToken);
        Done("restored the first snapshot to another place");
        await ApplyAsync(stream, restored, cancellationToken);
        Done("applied the difference to it");
        (string? difference, long compared) = await ProveAsync(first, second, copy, restored, cancellationToken);
        return Report(first, second, changes, streamBytes, compared, difference);
    }

    private DemoReport Report(OpenSnapshot first, OpenSnapshot second, Changes changes, long streamBytes, long compared, string? difference) => new()
    {
        Source = source,
        Files = second.Info.Statistics?.Entries ?? 0,
        VolumeBytes = second.Info.SizeBytes,
        FirstReadBytes = first.Info.Statistics?.BytesRead ?? 0,
        ChangedPaths = changes.Paths,
        ChangedBytes = changes.Bytes,
        ChangedFileBytes = changes.FileBytes,
        SecondReadFiles = second.Info.Statistics?.FilesRead ?? 0,
        SecondReadBytes = second.Info.Statistics?.BytesRead ?? 0,
        DifferentialBytes = streamBytes,
        ComparedBytes = compared,
        Difference = difference,
    };

    private async Task<OpenSnapshot> SnapshotAsync(BytePath directory, string name, CancellationToken cancellationToken)
    {
        OpenVolume volume = await session.VolumeAsync(new VolumeAddress { Scheme = Scheme, Location = directory }, cancellationToken);
        SnapshotInfo made = await session.Progress.RunAsync($"snapshot '{name}'", progress =>
            volume.Feature<ISnapshots>(EngineCapability.Snapshot).CreateAsync(new CreateSnapshotRequest(volume.Info.Ref, name) { Progress = progress }, cancellationToken));
        foreach (string warning in made.Warnings)
        {
            session.Warn(warning);
        }

        return new OpenSnapshot(volume, made);
    }

    private Task RestoreAsync(OpenSnapshot snapshot, BytePath destination, CancellationToken cancellationToken)
        => RestoreCommand.RestoreAsync(session, snapshot, destination, "restore", cancellationToken, workspace.At("state").ToString());

    private void Edit(BytePath copy, CancellationToken cancellationToken)
    {
        using var editor = new TreeEditor(copy);
        editor.Edit(TreeSurvey.Of(copy, cancellationToken).WritableFiles, cancellationToken);
        Done($"changed the copy: {editor.Overwritten} files overwritten in part, {editor.Appended} appended to, {editor.Renamed} renamed, {editor.Deleted} deleted, {editor.Added} added");
    }

    private async Task<Changes> DiffAsync(OpenSnapshot first, OpenSnapshot second, CancellationToken cancellationToken)
    {
        var changes = new Changes();
        var lines = new List<string>();
        IFileDiff differ = second.Volume.Feature<IFileDiff>(EngineCapability.FileDiff);
        await foreach (FileChange change in differ.DiffAsync(new FileDiffQuery(first.Token, second.Info.Ref) { MaxExtentsPerFile = MostExtents }, cancellationToken))
        {
            changes.Add(change);
            if (lines.Count < LinesOfDiff && change.Extents is { Count: > 0 })
            {
                lines.Add("      " + DiffCommand.Describe(change));
            }
        }

        Done($"compared the two: {Sizes.Count(changes.Paths)} paths changed, {Sizes.Exact(changes.Bytes)}, no data read; for example:");
        foreach (string line in lines)
        {
            session.Output.Remark(line);
        }

        return changes;
    }

    private async Task ApplyAsync(BytePath stream, BytePath target, CancellationToken cancellationToken)
    {
        await using FileStream input = File.OpenRead(stream.ToString());
        await session.Progress.RunAsync("apply", progress => TreeDifferential.ApplyAsync(
            input, target, new ApplyOptions { Progress = progress, StateDirectory = workspace.At("state").ToString() }, cancellationToken));
    }

    private async Task<(string? Difference, long Bytes)> ProveAsync(
        OpenSnapshot first, OpenSnapshot second, BytePath copy, BytePath restored, CancellationToken cancellationToken)
    {
        var comparer = new TreeComparer();
        string? difference = await Task.Run(() => comparer.Compare(copy, restored, cancellationToken), cancellationToken);
        Done($"compared the result with the working copy on disk, metadata and {Sizes.Exact(comparer.Bytes)} of content");
        if (difference is not null)
        {
            return (difference, comparer.Bytes);
        }

        VerificationReport report = await session.Progress.RunAsync(
            "verify", progress => SnapshotVerifier.VerifyAsync(second.Engine, first.Info, second.Info, progress, cancellationToken));
        Done("checked that first snapshot + reported changes = second snapshot");
        return (report.Identical ? null : report.FirstDifference ?? "the reported changes are not complete", comparer.Bytes);
    }

    private void Done(string text)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_started);
        session.Output.Remark(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{++_step,3}. {text}  ({elapsed.TotalSeconds:0.00} s)"));
        session.Output.Flush();
        _started = Stopwatch.GetTimestamp();
    }

    private sealed class Changes
    {
        internal long Paths { get; private set; }

        internal long Bytes { get; private set; }

        internal long FileBytes { get; private set; }

        internal void Add(FileChange change)
        {
            Paths++;
            bool whole = change.Extents is null && (change.Kind & (FileChangeKind.Content | FileChangeKind.Added)) != 0;
            Bytes += whole ? change.TargetEntry?.SizeBytes ?? 0 : change.Extents?.Where(extent => extent.State == ExtentState.Data).Sum(extent => extent.Length) ?? 0;
            FileBytes += change.TargetEntry is { Type: TreeEntryType.File, SizeBytes: var size } ? size : 0;
        }
    }
}

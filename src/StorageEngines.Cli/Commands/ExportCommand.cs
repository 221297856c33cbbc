using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>export</c>: a snapshot, or its difference from a base, in a portable format.</summary>
internal static class ExportCommand
{
    private const string Native = "native";

    internal static Command Create(CliApplication application)
    {
        var target = new Argument<string>("TARGET") { Description = "The snapshot, VOLUME@NAME" };
        var from = new Option<string?>("--base") { Description = "The snapshot that the receiver has, VOLUME@NAME or @NAME; without one, everything is exported", HelpName = "BASE" };
        Option<string> format = new Option<string>("--format")
        {
            Description = "auto (rbd for block volumes and single files, btrfs for trees); rbd (RBD diff v1); rdiff (librsync delta: finds what moved; needs --base); btrfs (send stream v1); tar (pax, OCI whiteouts); native (the engine's own: on Btrfs what 'btrfs receive' takes, made by the file system)",
            DefaultValueFactory = _ => "auto",
        }.AcceptOnlyFromAmong("auto", "rbd", "rdiff", "btrfs", "tar", "native");
        var output = new Option<string>("--output", "-o") { Description = "The file to write, - for standard output", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there" };
        var one = new Option<string?>("--path") { Description = "Only the content of this file of a tree, as an image file", HelpName = "FILE" };
        var command = new Command("export", "Write a snapshot, or its difference from a base, in a portable format") { target, from, one, format, output, force };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string where = session.Get(output)!;
            OutputFile.RequireNoTerminal(session, where);
            BytePath? file = session.Get(one) is { } text ? Addresses.InVolume(text) : null;
            if (session.Get(format) == "rdiff" && session.Get(from) is null)
            {
                throw new UsageException("--format rdiff is a difference and needs its base", "name one with --base, or use another format for everything");
            }

            if (session.Get(format) == Native && file is not null)
            {
                throw new UsageException("--format native is a whole snapshot or its difference, not one file", "leave --path out, or use rbd or rdiff");
            }

            (OpenSnapshot? older, OpenSnapshot newer) = await SnapshotsAsync(session, session.Get(from), session.Get(target)!, cancellationToken);
            newer.WithData();
            if (session.Get(format) == Native)
            {
                return await NativeTransfer.ExportAsync(session, older, newer, where, session.Get(force), cancellationToken);
            }

            DifferentialFormat chosen = Choose(session.Get(format)!, newer, file);
            if (where == "-")
            {
                await WriteAsync(session, older, newer, chosen, session.Output.Stream, cancellationToken, file);
                return ExitCode.Ok;
            }

            DifferentialSummary summary = await ToFileAsync(session, older, newer, chosen, Addresses.LocalPath(where), session.Get(force), cancellationToken, file);
            TransferOutput.Summary(session.Output, "export", chosen, where, summary);
            return ExitCode.Ok;
        });
    }

    /// <summary>Writes a file that is there under its name only when it is whole.</summary>
    internal static Task<DifferentialSummary> ToFileAsync(
        CliSession session, OpenSnapshot? older, OpenSnapshot newer, DifferentialFormat format, BytePath path, bool replace, CancellationToken cancellationToken, BytePath? file = null)
        => OutputFile.WriteAsync(path, replace, stream => WriteAsync(session, older, newer, format, stream, cancellationToken, file), cancellationToken);

    private static async Task<(OpenSnapshot? Base, OpenSnapshot Target)> SnapshotsAsync(CliSession session, string? from, string target, CancellationToken cancellationToken)
    {
        if (from is null)
        {
            return (null, await session.SnapshotAsync(target, cancellationToken));
        }

        string baseAddress = from.StartsWith('@') ? $"{Addresses.Snapshot(target).Volume}{from}" : from;
        return await session.PairAsync(baseAddress, target, cancellationToken);
    }

    private static DifferentialFormat Choose(string format, OpenSnapshot target, BytePath? file)
    {
        bool isTree = target.IsTree && file is null;
        DifferentialFormat chosen = format switch
        {
            "rbd" => DifferentialFormat.Rbd,
            "rdiff" => DifferentialFormat.Rdiff,
            "btrfs" => DifferentialFormat.BtrfsSend,
            "tar" => DifferentialFormat.Tar,
            _ => isTree ? DifferentialFormat.BtrfsSend : DifferentialFormat.Rbd,
        };
        string what = isTree ? "a tree volume" : target.IsTree ? "one file" : "a block volume";
        return (chosen is DifferentialFormat.Rbd or DifferentialFormat.Rdiff) != isTree
            ? chosen
            : throw new UsageException($"--format {format} does not fit: this is {what}", isTree ? "use btrfs or tar, or name one file with --path FILE" : "use rbd or rdiff");
    }

    private static Task<DifferentialSummary> WriteAsync(
        CliSession session, OpenSnapshot? older, OpenSnapshot newer, DifferentialFormat format, Stream output, CancellationToken cancellationToken, BytePath? file)
        => session.Progress.RunAsync("export", progress => format switch
        {
            DifferentialFormat.Rbd => BlockDifferential.ExportAsync(
                newer.Engine, older?.Info, newer.Info, new BlockExportOptions { Path = file, Progress = progress }, output, cancellationToken),
            DifferentialFormat.Rdiff => RollingDelta.ExportAsync(
                newer.Engine, older!.WithData().Info, newer.Info, new RollingExportOptions { Path = file, Progress = progress }, output, cancellationToken),
            _ => TreeDifferential.ExportAsync(newer.Engine, older?.Info, newer.Info, output, format, progress, cancellationToken),
        });
}

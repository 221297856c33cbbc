using System.CommandLine;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>export</c>: a snapshot, or its difference from a base, in a portable format.</summary>
internal static class ExportCommand
{
    internal static Command Create(CliApplication application)
    {
        var target = new Argument<string>("TARGET") { Description = "The snapshot, VOLUME@NAME" };
        var from = new Option<string?>("--base") { Description = "The snapshot that the receiver has, VOLUME@NAME or @NAME; without one, everything is exported", HelpName = "BASE" };
        Option<string> format = new Option<string>("--format")
        {
            Description = "auto (rbd for block volumes, btrfs for trees); rbd (RBD diff v2); btrfs (send stream v1); tar (pax, OCI whiteouts)",
            DefaultValueFactory = _ => "auto",
        }.AcceptOnlyFromAmong("auto", "rbd", "btrfs", "tar");
        var output = new Option<string>("--output", "-o") { Description = "The file to write, - for standard output", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there" };
        var command = new Command("export", "Write a snapshot, or its difference from a base, in a portable format") { target, from, format, output, force };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string where = session.Get(output)!;
            OutputFile.RequireNoTerminal(session, where);

            (OpenSnapshot? older, OpenSnapshot newer) = await SnapshotsAsync(session, session.Get(from), session.Get(target)!, cancellationToken);
            newer.WithData();
            DifferentialFormat chosen = Choose(session.Get(format)!, newer);
            if (where == "-")
            {
                await WriteAsync(session, older, newer, chosen, session.Output.Stream, cancellationToken);
                return ExitCode.Ok;
            }

            DifferentialSummary summary = await ToFileAsync(session, older, newer, chosen, Addresses.LocalPath(where), session.Get(force), cancellationToken);
            TransferOutput.Summary(session.Output, "export", chosen, where, summary);
            return ExitCode.Ok;
        });
    }

    /// <summary>Writes a file that is there under its name only when it is whole.</summary>
    internal static Task<DifferentialSummary> ToFileAsync(
        CliSession session, OpenSnapshot? older, OpenSnapshot newer, DifferentialFormat format, BytePath path, bool replace, CancellationToken cancellationToken)
        => OutputFile.WriteAsync(path, replace, stream => WriteAsync(session, older, newer, format, stream, cancellationToken), cancellationToken);

    private static async Task<(OpenSnapshot? Base, OpenSnapshot Target)> SnapshotsAsync(CliSession session, string? from, string target, CancellationToken cancellationToken)
    {
        if (from is null)
        {
            return (null, await session.SnapshotAsync(target, cancellationToken));
        }

        string baseAddress = from.StartsWith('@') ? $"{Addresses.Snapshot(target).Volume}{from}" : from;
        return await session.PairAsync(baseAddress, target, cancellationToken);
    }

    private static DifferentialFormat Choose(string format, OpenSnapshot target)
    {
        DifferentialFormat chosen = format switch
        {
            "rbd" => DifferentialFormat.Rbd,
            "btrfs" => DifferentialFormat.BtrfsSend,
            "tar" => DifferentialFormat.Tar,
            _ => target.IsTree ? DifferentialFormat.BtrfsSend : DifferentialFormat.Rbd,
        };
        return (chosen == DifferentialFormat.Rbd) != target.IsTree
            ? chosen
            : throw new UsageException(
                $"--format {format} does not fit: this is a {(target.IsTree ? "tree" : "block")} volume", target.IsTree ? "use btrfs or tar" : "use rbd");
    }

    private static Task<DifferentialSummary> WriteAsync(
        CliSession session, OpenSnapshot? older, OpenSnapshot newer, DifferentialFormat format, Stream output, CancellationToken cancellationToken)
        => session.Progress.RunAsync("export", progress => newer.IsTree
            ? TreeDifferential.ExportAsync(newer.Engine, older?.Info, newer.Info, output, format, progress, cancellationToken)
            : BlockDifferential.ExportAsync(newer.Engine, older?.Info, newer.Info, output, progress, cancellationToken));
}

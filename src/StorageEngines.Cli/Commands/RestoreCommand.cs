using System.CommandLine;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>restore</c>: writes a snapshot to a new place.</summary>
internal static class RestoreCommand
{
    internal static Command Create(CliApplication application)
    {
        var address = new Argument<string>("VOLUME@NAME") { Description = "The snapshot" };
        var destination = new Argument<string>("DEST") { Description = "Where to restore it to; it must not exist" };
        var command = new Command("restore", "Restore a snapshot to a new place; differences can be applied to it later") { address, destination };
        return application.Define(command, async (session, cancellationToken) =>
        {
            BytePath path = Addresses.LocalPath(session.Get(destination)!);
            OpenSnapshot snapshot = await session.SnapshotAsync(session.Get(address)!, cancellationToken);
            DifferentialSummary summary = await RestoreAsync(session, snapshot, path, "restore", cancellationToken);
            TransferOutput.Summary(session.Output, "restore", null, path.ToString(), summary);
            return ExitCode.Ok;
        });
    }

    internal static Task<DifferentialSummary> RestoreAsync(
        CliSession session, OpenSnapshot snapshot, BytePath path, string title, CancellationToken cancellationToken, string? stateDirectory = null)
        => session.Progress.RunAsync(title, progress =>
        {
            var options = new RestoreOptions { Progress = progress, StateDirectory = stateDirectory };
            return snapshot.IsTree
                ? TreeRestore.RestoreAsync(snapshot.Engine, snapshot.Info, path, options, cancellationToken)
                : BlockRestore.RestoreAsync(snapshot.Engine, snapshot.Info, path, options, cancellationToken);
        });
}

using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>restore</c>: writes a snapshot to a new place.</summary>
internal static class RestoreCommand
{
    internal static Command Create(CliApplication application)
    {
        var address = new Argument<string>("VOLUME@NAME") { Description = "The snapshot" };
        var destination = new Argument<string>("DEST") { Description = "Where to restore it to; it must not exist" };
        var salvage = new Option<bool>("--salvage") { Description = "From a damaged store, restore what is whole; what cannot be read is zeroes, is named, and the exit code is 10" };
        var one = new Option<string?>("--path") { Description = "Only the content of this file of a tree, as an image file", HelpName = "FILE" };
        var command = new Command("restore", "Restore a snapshot to a new place; differences can be applied to it later") { address, destination, one, salvage };
        return application.Define(command, async (session, cancellationToken) =>
        {
            BytePath path = Addresses.LocalPath(session.Get(destination)!);
            BytePath? file = session.Get(one) is { } text ? Addresses.InVolume(text) : null;
            Places.RequireOutsideOfStores(path, "restore to");
            OpenSnapshot snapshot = (await session.SnapshotAsync(session.Get(address)!, cancellationToken)).WithData();
            Places.WarnIfWithin(session, path, snapshot.Volume);
            if (session.Get(salvage))
            {
                return await SalvageAsync(session, snapshot, path, file, cancellationToken);
            }

            DifferentialSummary summary = await RestoreAsync(session, snapshot, path, "restore", cancellationToken, file: file);
            TransferOutput.Summary(session.Output, "restore", null, path.ToString(), summary);
            return ExitCode.Ok;
        });
    }

    // What is not whole is no base for a difference, so that no note is kept of what the place holds.
    private static async Task<int> SalvageAsync(CliSession session, OpenSnapshot snapshot, BytePath path, BytePath? file, CancellationToken cancellationToken)
    {
        var engine = new SalvagingEngine(snapshot.Engine);
        DirectoryInfo notes = Directory.CreateTempSubdirectory("storage-engines-");
        try
        {
            OpenSnapshot source = snapshot with { Volume = snapshot.Volume with { Engine = engine } };
            DifferentialSummary summary = await RestoreAsync(session, source, path, "restore", cancellationToken, notes.FullName, file);
            foreach (string damage in engine.Damages)
            {
                session.Warn(damage);
            }

            TransferOutput.Summary(session.Output, "restore", null, path.ToString(), summary);
            return engine.Damages.Count == 0 ? ExitCode.Ok : ExitCode.DataLoss;
        }
        finally
        {
            notes.Delete(recursive: true);
        }
    }

    internal static Task<DifferentialSummary> RestoreAsync(
        CliSession session, OpenSnapshot snapshot, BytePath path, string title, CancellationToken cancellationToken, string? stateDirectory = null, BytePath? file = null)
        => session.Progress.RunAsync(title, progress =>
        {
            var options = new RestoreOptions { Progress = progress, StateDirectory = stateDirectory, Path = file };
            return snapshot.IsTree && file is null
                ? TreeRestore.RestoreAsync(snapshot.Engine, snapshot.Info, path, options, cancellationToken)
                : BlockRestore.RestoreAsync(snapshot.Engine, snapshot.Info, path, options, cancellationToken);
        });
}

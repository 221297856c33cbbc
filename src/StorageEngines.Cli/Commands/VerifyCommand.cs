using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>verify</c>: the oracle on two snapshots, base + changes = target.</summary>
internal static class VerifyCommand
{
    internal static Command Create(CliApplication application)
    {
        var from = new Argument<string>("BASE") { Description = "The older snapshot, VOLUME@NAME" };
        var to = new Argument<string>("TARGET") { Description = "The newer snapshot, VOLUME@NAME, or @NAME of the same volume" };
        var command = new Command("verify", "Prove that the base with the reported changes written over it equals the target, byte for byte; reads both") { from, to };
        return application.Define(command, async (session, cancellationToken) =>
        {
            (OpenSnapshot older, OpenSnapshot newer) = await session.PairAsync(session.Get(from)!, session.Get(to)!, cancellationToken);
            older.WithData();
            newer.WithData();
            VerificationReport report = await session.Progress.RunAsync(
                "verify", progress => SnapshotVerifier.VerifyAsync(newer.Engine, older.Info, newer.Info, progress, cancellationToken));
            Print(session.Output, report);
            return report.Identical ? ExitCode.Ok : ExitCode.Differs;
        });
    }

    private static void Print(CliOutput output, VerificationReport report)
    {
        if (output.IsJson)
        {
            output.Document(json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("identical", report.Identical);
                json.WriteNumber("bytesCompared", report.BytesCompared);
                json.WriteNumber("changedBytes", report.ChangedBytes);
                json.WriteNumber("filesCompared", report.FilesCompared);
                json.WriteString("firstDifference", report.FirstDifference);
                output.Warnings(json);
                json.WriteEndObject();
            });
            return;
        }

        output.Line(report.Identical ? "verified: identical" : $"verified: DIFFERS: {report.FirstDifference}");
        output.Remark($"compared {Sizes.Exact(report.BytesCompared)} in {Sizes.Count(report.FilesCompared)} files; {Sizes.Exact(report.ChangedBytes)} were reported as changed");
    }
}

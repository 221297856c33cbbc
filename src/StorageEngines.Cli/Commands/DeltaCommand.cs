using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>delta</c> and <c>patch</c>: the difference of two plain files, by rsync's algorithm, as rdiff's delta.</summary>
internal static class DeltaCommand
{
    internal static Command Create(CliApplication application)
    {
        var from = new Argument<string>("BASE") { Description = "The file or device that the receiver has" };
        var to = new Argument<string>("TARGET") { Description = "The file or device that the receiver is to get" };
        var output = new Option<string>("--output", "-o") { Description = "The file to write, - for standard output", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there" };
        var bare = new Option<bool>("--bare") { Description = "Leave out the trailer with checksums, for readers that accept nothing behind the end of rdiff's format" };
        var command = new Command("delta", "Write the difference of two files, parts of which may have moved; 'patch' and 'rdiff patch' apply it") { from, to, output, force, bare };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string where = session.Get(output)!;
            OutputFile.RequireNoTerminal(session, where);
            BytePath older = Addresses.LocalPath(session.Get(from)!);
            BytePath newer = Addresses.LocalPath(session.Get(to)!);
            Task<RollingDeltaSummary> WriteAsync(Stream stream) => session.Progress.RunAsync("delta", progress => RollingDelta.CreateAsync(
                older, newer, stream, new RollingDeltaOptions { LeaveOutTrailer = session.Get(bare), Progress = progress }, cancellationToken));
            if (where == "-")
            {
                await WriteAsync(session.Output.Stream);
                return ExitCode.Ok;
            }

            RollingDeltaSummary summary = await OutputFile.WriteAsync(Addresses.LocalPath(where), session.Get(force), WriteAsync, cancellationToken);
            Print(session.Output, where, summary);
            return ExitCode.Ok;
        });
    }

    internal static Command Patch(CliApplication application)
    {
        var from = new Argument<string>("BASE") { Description = "The file or device that the delta was made from" };
        var delta = new Argument<string>("DELTA") { Description = "A delta of 'delta' or of rdiff, - for standard input" };
        var output = new Option<string>("--output", "-o") { Description = "The file to make", HelpName = "FILE", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there" };
        var command = new Command("patch", "Make a new file of a base and a delta; it appears only when it is whole") { from, delta, output, force };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string source = session.Get(delta)!;
            BytePath made = Addresses.LocalPath(session.Get(output)!);
            Places.RequireOutsideOfStores(made, "write");
            BytePath older = Addresses.LocalPath(session.Get(from)!);
            await using Stream input = source == "-" ? session.Environment.OpenInput() : ApplyCommand.Open(Addresses.LocalPath(source));
            try
            {
                RollingPatchSummary summary = await session.Progress.RunAsync("patch", progress => RollingDelta.PatchAsync(
                    older, input, made, new RollingPatchOptions { Replace = session.Get(force), Progress = progress }, cancellationToken));
                Print(session.Output, made.ToString(), summary);
                return ExitCode.Ok;
            }
            catch (BaseMismatchException error)
            {
                error.Data["hint"] = "name the file that the delta was made from, as it was then";
                throw;
            }
        });
    }

    private static void Print(CliOutput output, string path, RollingDeltaSummary summary)
    {
        if (!output.IsJson)
        {
            output.Remark($"written to {path}: {Sizes.Exact(summary.DeltaBytes)} with {Sizes.Exact(summary.NewBytes)} of new data in {Sizes.Count(summary.Commands)} commands; verified: the target is {summary.ResultHash}");
            return;
        }

        output.Document(json =>
        {
            json.WriteStartObject();
            json.WriteString("action", "delta");
            json.WriteString("format", "rdiff");
            json.WriteString("path", path);
            json.WriteNumber("streamBytes", summary.DeltaBytes);
            json.WriteNumber("newBytes", summary.NewBytes);
            json.WriteNumber("copiedBytes", summary.CopiedBytes);
            json.WriteNumber("items", summary.Commands);
            json.WriteString("resultHash", summary.ResultHash);
            json.WriteBoolean("verified", true);
            output.Warnings(json);
            json.WriteEndObject();
        });
    }

    private static void Print(CliOutput output, string path, RollingPatchSummary summary)
    {
        if (!output.IsJson)
        {
            string proof = summary.IsProven ? "verified" : "the delta does not say what it has to be";
            output.Remark($"made {path}: {Sizes.Exact(summary.CopiedBytes)} of the base and {Sizes.Exact(summary.NewBytes)} of the delta, {summary.ResultHash}; {proof}");
            return;
        }

        output.Document(json =>
        {
            json.WriteStartObject();
            json.WriteString("action", "patch");
            json.WriteString("format", "rdiff");
            json.WriteString("path", path);
            json.WriteNumber("streamBytes", summary.DeltaBytes);
            json.WriteNumber("newBytes", summary.NewBytes);
            json.WriteNumber("copiedBytes", summary.CopiedBytes);
            json.WriteNumber("items", summary.Commands);
            json.WriteString("resultHash", summary.ResultHash);
            json.WriteBoolean("verified", summary.IsProven);
            output.Warnings(json);
            json.WriteEndObject();
        });
    }
}

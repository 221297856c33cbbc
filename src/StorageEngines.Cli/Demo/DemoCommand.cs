using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;

namespace StorageEngines.Cli.Demo;

/// <summary><c>demo</c>: the whole cycle on a copy of a real directory.</summary>
internal static class DemoCommand
{
    internal static Command Create(CliApplication application)
    {
        var directory = new Argument<string?>("DIR")
        {
            Description = "The directory, which is only read; without one, the git clone that the current directory is in, or that directory itself",
            MayBeEmpty = true,
        };
        var work = new Option<string?>("--work") { Description = "Where to put the temporary copies [default: the temporary directory]", HelpName = "DIR" };
        var keep = new Option<bool>("--keep") { Description = "Leave the copies and the store in the end, and say where they are" };
        var command = new Command("demo", "Take two snapshots of a copy of a directory, show what changed, export it, apply it, and prove the result") { directory, work, keep };
        return application.Define(command, async (session, cancellationToken) =>
        {
            string source = Source(session.Get(directory));
            TreeSurvey survey = await Task.Run(() => TreeSurvey.Of(BytePath.FromString(source), cancellationToken), cancellationToken);
            using var workspace = DemoWorkspace.Create(session.Get(work) ?? Path.GetTempPath(), source, survey.Bytes, session.Get(keep));
            await using CliSession inner = session.WithStore(workspace.At("store").ToString());
            DemoReport report = await new DemoRun(inner, workspace, source).RunAsync(cancellationToken);
            report.Print(session.Output);
            if (session.Get(keep))
            {
                session.Output.Remark($"kept: {workspace.Path}");
            }

            return report.Identical ? ExitCode.Ok : ExitCode.Differs;
        });
    }

    private static string Source(string? given)
    {
        if (given is not null)
        {
            if (given.Length == 0)
            {
                throw new UsageException("an empty path was given", "name a directory");
            }

            string path = Path.GetFullPath(given);
            return Directory.Exists(path) ? path
                : File.Exists(path) ? throw new UsageException($"'{given}' is a file, and the demo is about a directory", "name a directory")
                : throw new VolumeNotFoundException(given);
        }

        for (string? at = Environment.CurrentDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(Path.Combine(at, ".git")))
            {
                return at;
            }
        }

        return Environment.CurrentDirectory;
    }
}

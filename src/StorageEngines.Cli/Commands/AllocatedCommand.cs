using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary><c>allocated</c>: which byte ranges of a snapshot hold data.</summary>
internal static class AllocatedCommand
{
    internal static Command Create(CliApplication application)
    {
        var address = new Argument<string>("VOLUME@NAME") { Description = "The snapshot" };
        var options = new ExtentOptions();
        var command = new Command("allocated", "List the byte ranges of a snapshot that hold data; the others read as zeroes") { address };
        options.AddTo(command);
        return application.Define(command, async (session, cancellationToken) =>
        {
            OpenSnapshot snapshot = await session.SnapshotAsync(session.Get(address)!, cancellationToken);
            BytePath? path = options.PathOf(session);
            if (path is null && snapshot.IsTree)
            {
                throw new UsageException("this volume is a tree, and 'allocated' is about one file of it", "name it with --path FILE");
            }

            IAsyncEnumerable<ExtentBatch> answer = snapshot.Volume.Feature<IBlockMap>(EngineCapability.Allocated).AllocatedAsync(
                new AllocatedQuery(snapshot.Info.Ref)
                {
                    Path = path,
                    StartingOffset = session.Get(options.StartingOffset),
                    MaxResults = session.Get(options.MaxResults),
                },
                cancellationToken);
            await ExtentOutput.WriteAsync(session, answer, session.Get(options.Format)!, "allocated", cancellationToken);
            return ExitCode.Ok;
        });
    }
}

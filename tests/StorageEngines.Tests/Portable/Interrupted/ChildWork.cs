using System.Globalization;
using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>What a process does that is going to be killed. It goes from the test to the process in environment variables.</summary>
/// <param name="Operation"><c>apply-block</c>, <c>apply-tree</c>, <c>restore-block</c> or <c>restore-tree</c>.</param>
/// <param name="Stream">The file with the stream to apply; not used by a restore.</param>
/// <param name="Target">Where to.</param>
/// <param name="State">The directory of the receipts.</param>
/// <param name="KillAtStep">The read of the stream or the report of progress at which it kills itself; 0 for never.</param>
internal sealed record ChildWork(string Operation, string Stream, string Target, string State, int KillAtStep = 0)
{
    /// <summary>The history of trees and images that the restores are made from; the same in both processes.</summary>
    internal const int Seed = 42;

    private const string Prefix = "SENG_CHILD_";

    internal void Write(IDictionary<string, string?> environment)
    {
        environment[Prefix + "OPERATION"] = Operation;
        environment[Prefix + "STREAM"] = Stream;
        environment[Prefix + "TARGET"] = Target;
        environment[Prefix + "STATE"] = State;
        environment[Prefix + "KILL"] = KillAtStep.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The work of this process, or null if it is an ordinary one.</summary>
    internal static ChildWork? Read() => Get("OPERATION") is { } operation
        ? new ChildWork(operation, Get("STREAM")!, Get("TARGET")!, Get("STATE")!, int.Parse(Get("KILL")!, CultureInfo.InvariantCulture))
        : null;

    internal async Task RunAsync()
    {
        var fuse = new Fuse(KillAtStep);
        BytePath target = BytePath.FromString(Target);
        var apply = new ApplyOptions { StateDirectory = State };
        var restore = new RestoreOptions { StateDirectory = State, Progress = fuse };
        switch (Operation)
        {
            case "apply-block":
                await using (var input = new FusedStream(File.OpenRead(Stream), fuse))
                {
                    await BlockDifferential.ApplyAsync(input, target, apply);
                }

                break;
            case "apply-tree":
                await using (var input = new FusedStream(File.OpenRead(Stream), fuse))
                {
                    await TreeDifferential.ApplyAsync(input, target, apply);
                }

                break;
            case "restore-block":
                (FakeBlockEngine engine, SnapshotInfo snapshot, _) = Image();
                await BlockRestore.RestoreAsync(engine, snapshot, target, restore);
                break;
            default:
                (MemoryTree tree, SnapshotInfo whole) = await TreeAsync();
                await TreeRestore.RestoreAsync(tree.Engine, whole, target, restore);
                break;
        }
    }

    internal static (FakeBlockEngine Engine, SnapshotInfo Snapshot, byte[] Content) Image()
    {
        var engine = new FakeBlockEngine();
        byte[] content = RandomImages.Make(new Random(Seed), 3_000_000);
        return (engine, engine.Add("whole", content), content);
    }

    internal static async Task<(MemoryTree Tree, SnapshotInfo Snapshot)> TreeAsync()
    {
        var tree = new MemoryTree(Seed);
        tree.Change(500);
        return (tree, await tree.SnapshotAsync());
    }

    private static string? Get(string name) => Environment.GetEnvironmentVariable(Prefix + name);
}

using StorageEngines.Specification;
using Xunit.Sdk;

namespace StorageEngines.Testing.Tests.Specification;

/// <summary>The oracle of law 23 is as strict as the table in <see cref="FileChangeKind"/>: of one replaced file, each wrong way to say it is refused.</summary>
public sealed class TreeReplayTests
{
    private const FileChangeKind Over = FileChangeKind.Removed | FileChangeKind.Renamed;

    private static readonly BytePath A = BytePath.FromString("a");
    private static readonly BytePath Q = BytePath.FromString("q");

    public static TheoryData<string> Wrong => [.. WrongLists.Keys];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Dictionary<string, FileChange[]> WrongLists { get; } = new()
    {
        ["the path twice"] = [new(FileChangeKind.Removed, A), new(FileChangeKind.Renamed, A) { OldPath = Q }],
        ["what was renamed over is not said to be gone"] = [new(FileChangeKind.Renamed, A) { OldPath = Q }],
        ["an old path without a rename"] = [new(FileChangeKind.Removed | FileChangeKind.Added, A) { OldPath = Q }],
        ["added and renamed at once"] = [new(Over | FileChangeKind.Added, A) { OldPath = Q }],
        ["another type, where there is none"] = [new(Over | FileChangeKind.Type, A) { OldPath = Q }],
        ["removed only, though the target has it"] = [new(FileChangeKind.Removed, A), new(FileChangeKind.Removed, Q)],
        ["removed and changed"] = [new(FileChangeKind.Removed | FileChangeKind.Content, A), new(FileChangeKind.Removed, Q)],
        ["added, and the old one is not gone"] = [new(FileChangeKind.Added, A) { Extents = [new(0, 1)] }, new(FileChangeKind.Removed, Q)],
        ["the old name is not gone"] = [new(FileChangeKind.Removed | FileChangeKind.Added, A) { Extents = [new(0, 1)] }],
        ["more than differs"] = [new(Over | FileChangeKind.Metadata, A) { OldPath = Q }],
        ["a change of nothing"] = [new(Over, A) { OldPath = Q }, new(FileChangeKind.None, BytePath.Root)],
        ["nothing at all"] = [],
    };

    [Fact]
    public async Task What_the_table_says_is_accepted()
    {
        await ReplayAsync([new(Over, A) { OldPath = Q }]);
        await ReplayAsync([new(FileChangeKind.Removed | FileChangeKind.Added, A) { Extents = [new(0, 1)] }, new(FileChangeKind.Removed, Q)]);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_the_table_does_not_say_is_refused(string wrong)
    {
        Exception? refused = await Record.ExceptionAsync(() => ReplayAsync(WrongLists[wrong]));
        Assert.True(refused is not null, $"{wrong}: it was accepted.");
        Assert.True(refused is XunitException, $"{wrong}: {refused}");
        TestContext.Current.TestOutputHelper?.WriteLine(refused.Message);
    }

    /// <summary>The base has two files, a and q; in the target q was renamed over a. The directory's time is the same.</summary>
    private static async Task ReplayAsync(FileChange[] changes)
    {
        await using var engine = new InMemoryStorageEngine(new InMemoryEngineOptions { Time = new ManualTimeProvider() });
        InMemoryTreeVolume volume = engine.CreateTreeVolume("home");
        volume.CreateFile(A, "1"u8);
        volume.CreateFile(Q, "2"u8);
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        SnapshotInfo before = await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "before"), Cancel);
        volume.Rename(Q, A);
        SnapshotInfo after = await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "after"), Cancel);
        TreeImage baseImage = await TreeImage.ReadAsync(engine, before.Ref, Cancel);
        TreeImage targetImage = await TreeImage.ReadAsync(engine, after.Ref, Cancel);
        await new TreeReplay(baseImage, targetImage, changes, _ => throw new InvalidOperationException("All extents are given.")).AssertRebuildsAsync(exact: true);
    }
}

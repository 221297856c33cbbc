using System.Diagnostics;
using System.Globalization;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Tests.Reading;

namespace StorageEngines.TarRsync.Tests.Manifests;

/// <summary>Five million files: written, written again with changes, and compared, measured by the peak of the process's resident memory. Run it alone: <c>-class "*ManifestScaleTests" -explicit only</c>.</summary>
public sealed class ManifestScaleTests(ITestOutputHelper output)
{
    private const int Files = 5_000_000;
    private const int ChangedEvery = 1000;

    [Fact(Explicit = true)]
    public async Task A_difference_of_five_million_files_takes_less_than_256_MiB()
    {
        using var scratch = new ReadingScratch(VolumeKind.Tree);
        long began = Stopwatch.GetTimestamp();
        SnapshotInfo from = scratch.TakeEntries("a", Entries(0));
        TimeSpan written = Stopwatch.GetElapsedTime(began);
        SnapshotInfo to = scratch.TakeEntries("b", Entries(1));
        began = Stopwatch.GetTimestamp();
        int changes = 0;
        await foreach (FileChange change in scratch.FileDiff.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref)))
            changes += change.Kind == FileChangeKind.Metadata ? 1 : 0;
        TimeSpan compared = Stopwatch.GetElapsedTime(began);
        Assert.Equal(Files / ChangedEvery, changes);
        string peak = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal));
        long peakMiB = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        Assert.InRange(peakMiB, 20, 255);
        output.WriteLine($"peak {peakMiB} MiB, {Files} files, written in {written.TotalSeconds:F1} s, compared in {compared.TotalSeconds:F1} s");
    }

    private static IEnumerable<ManifestEntry> Entries(int generation)
    {
        var random = new Random(1);
        var ids = new byte[34];
        yield return Make("", TreeEntryType.Directory, 1, random);
        for (int i = 0; i < Files; i++)
        {
            if (i % 500 == 0)
                yield return Make($"dir{i / 500:D5}", TreeEntryType.Directory, (ulong)i + 2, random);
            ManifestEntry entry = Make($"dir{i / 500:D5}/some-file-{i:D8}.txt", TreeEntryType.File, (ulong)(Files + i + 2), random);
            entry.Size = 4096;
            random.NextBytes(ids);
            ids[0] = FileContent.Inline;
            ids[1] = 2;
            entry.Content = new FileContent(ids, null);
            entry.Mode = generation == 1 && i % ChangedEvery == 0 ? 0x180u : 0x1A4u;
            yield return entry;
        }
    }

    private static ManifestEntry Make(string path, TreeEntryType type, ulong inode, Random random)
    {
        var time = new PosixTime(1_700_000_000 + random.Next(10_000_000), random.Next(1_000_000_000));
        return new ManifestEntry
        {
            Path = Encoding.UTF8.GetBytes(path),
            Type = type,
            Mode = 0x1A4,
            UserId = 1000,
            GroupId = 1000,
            ModifiedAt = time,
            ChangedAt = time,
            Inode = inode,
            DeviceMajor = 8,
            DeviceMinor = 1,
            LinkCount = 1,
        };
    }
}

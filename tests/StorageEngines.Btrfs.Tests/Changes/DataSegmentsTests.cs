using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class DataSegmentsTests
{
    [Fact]
    public void Any_range_is_told_as_the_file_system_does()
    {
        string directory = Directory.CreateTempSubdirectory("seng-test-segments-").FullName;
        try
        {
            using (SafeFileHandle file = File.OpenHandle(Path.Combine(directory, "f"), FileMode.Create, FileAccess.Write))
            {
                FileWriting.WriteAt(file, new byte[200_000], 100_000);
                FileWriting.WriteAt(file, new byte[1000], 700_000);
                FileWriting.Truncate(file, 2_000_000);
            }

            File.WriteAllBytes(Path.Combine(directory, "g"), new byte[5000]);
            using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(directory));
            using var segments = new DataSegments(root);
            var random = new Random(1);
            for (int i = 0; i < 500; i++)
            {
                bool isFirst = random.Next(5) > 0;
                BytePath path = BytePath.FromString(isFirst ? "f" : "g");
                long start = random.Next(isFirst ? 1_999_000 : 4000), end = start + 1 + random.Next(isFirst ? (int)(2_000_000 - start) : 999);
                var told = new List<Extent>();
                segments.Read(path, Extent.FromBounds(start, end), told);
                Assert.Equal(Asked(root, path, start, end), told);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static List<Extent> Asked(BeneathRoot root, BytePath path, long start, long end)
    {
        var data = new List<Extent>();
        using SafeFileHandle file = root.OpenFileForRead(path.Span);
        while (FileSegments.TryNextData(file, start, end, out FileSegment segment))
        {
            data.Add(new Extent(segment.Offset, segment.Length));
            start = segment.End;
        }

        return data;
    }
}

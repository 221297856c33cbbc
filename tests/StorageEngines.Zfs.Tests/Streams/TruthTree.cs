using System.Globalization;

namespace StorageEngines.Zfs.Tests.Streams;

/// <summary>The files of a recorded snapshot: <c>inode type size links path</c> and SHA-256, from fs-truth-tree.txt.</summary>
internal static class TruthTree
{
    internal sealed record TruthFile(string Path, ulong Inode, long Size, string Sha256);

    internal static IReadOnlyList<TruthFile> Files(string snapshot)
    {
        string[] lines = [.. Vector.Text("fs-truth-tree.txt").Split('\n').SkipWhile(line => line != "== " + snapshot).Skip(1).TakeWhile(line => !line.StartsWith("==", StringComparison.Ordinal))];
        Dictionary<string, string> sums = lines.Where(line => line.Length > 64 && line[64] == ' ').ToDictionary(line => line[66..], line => line[..64]);
        return
        [
            .. from line in lines
               let fields = line.Split(' ')
               where fields.Length > 4 && fields[1] == "f"
               select new TruthFile(fields[4], ulong.Parse(fields[0], CultureInfo.InvariantCulture), long.Parse(fields[2], CultureInfo.InvariantCulture), sums[fields[4]]),
        ];
    }
}

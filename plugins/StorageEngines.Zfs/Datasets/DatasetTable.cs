using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Datasets;

/// <summary>Reads what <c>zfs list -Hp -o</c> <see cref="ZfsShellFunctions.DatasetColumns"/> prints.</summary>
internal static class DatasetTable
{
    private const int Columns = 13;
    private const int LargestBlock = 16 << 20;

    /// <summary>Reads all lines.</summary>
    /// <param name="answer">The lines.</param>
    /// <exception cref="CorruptDataException">They are not what is expected.</exception>
    internal static List<Dataset> Parse(ReadOnlyMemory<byte> answer)
    {
        var rows = new Rows(answer, "the list of datasets");
        var datasets = new List<Dataset>();
        while (rows.Read(Columns))
        {
            datasets.Add(Read(rows));
        }

        return datasets;
    }

    /// <summary>Reads the dataset that a script's answer begins with, as the function <c>is</c> prints it.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="rest">What follows the line.</param>
    internal static Dataset ParseFirst(ReadOnlyMemory<byte> answer, out ReadOnlyMemory<byte> rest)
    {
        var rows = new Rows(answer, "the list of datasets");
        if (!rows.Read(Columns))
        {
            throw rows.Damaged("it is empty");
        }

        int end = answer.Span.IndexOf((byte)'\n') + 1;
        rest = answer[end..];
        return Read(rows);
    }

    private static Dataset Read(Rows rows)
    {
        VolumeKind kind = rows.Text(2) switch
        {
            "volume" => VolumeKind.Block,
            "filesystem" => VolumeKind.Tree,
            string other => throw rows.Damaged($"'{other}' is no type of a dataset"),
        };
        string name = rows.Text(0);
        long? size = rows.SizeOrNull(5), block = rows.SizeOrNull(kind == VolumeKind.Block ? 6 : 7);
        if (!DatasetName.IsValid(name) || (kind == VolumeKind.Block) != size is not null || block is null or <= 0 or > LargestBlock)
        {
            throw rows.Damaged($"'{name}' of type {kind} with {size?.ToString() ?? "no"} bytes in blocks of {block?.ToString() ?? "no"} bytes cannot be");
        }

        ReadOnlyMemory<byte> mount = rows.Bytes(12);
        return new Dataset(
            name, kind, rows.Number(1), rows.Number(3), rows.TextOrNull(4), size, (int)block.Value,
            !mount.IsEmpty && mount.Span[0] == '/' ? new BytePath(mount.ToArray()) : null, rows.Text(11) == "yes")
        {
            IsEncrypted = rows.Text(8) is not ("off" or "-"),
            IsKeyLoaded = rows.Text(9) is "available" or "-" or "none",
            IsReadOnly = rows.Text(10) == "on",
        };
    }
}

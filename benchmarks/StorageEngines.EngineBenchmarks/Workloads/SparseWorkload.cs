using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>
/// W4: 64 GiB sparse with 1024 x 1 MiB allocated. The change writes 164 x 64 KiB and 2 x 1 MiB anew, 2 x 1 MiB where a hole was, and punches 2 x 1 MiB out.
/// </summary>
internal sealed class SparseWorkload
{
    private const int Piece = 1 << 20;
    private const int Block = 65_536;
    private const int BlocksPerPiece = Piece / Block;
    private const ulong Seed = 20261121;

    private readonly List<int> _allocated;
    private readonly List<Extent> _writes = [];
    private readonly List<Extent> _punched = [];

    public SparseWorkload(int scale)
    {
        Bytes = (64L << 30) / scale;
        int slots = (int)(Bytes / Piece);
        var random = new Random((int)Seed);
        IReadOnlyList<int> drawn = SeededBytes.Draw(random, (1024 / scale) + 2, slots);
        _allocated = [.. drawn.Skip(2)];
        _punched.AddRange(_allocated.Take(2).Select(PieceAt).Select(e => new Extent(e.Offset, e.Length, ExtentState.Zero)));
        _writes.AddRange(_allocated.Skip(2).Take(2).Concat(drawn.Take(2)).Select(PieceAt));
        _writes.AddRange(SeededBytes.Draw(random, Math.Max(1, 164 / scale), (_allocated.Count - 4) * BlocksPerPiece)
            .Select(i => new Extent(((long)_allocated[4 + (i / BlocksPerPiece)] * Piece) + (i % BlocksPerPiece * Block), Block)));
        Truth = ExtentAlgebra.Normalize([.. _writes, .. _punched]);
    }

    public long Bytes { get; }

    public IReadOnlyList<Extent> Truth { get; }

    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{Bytes:N0} bytes, {_allocated.Count} x 1 MiB allocated; {_writes.Count - 4} blocks of 64 KiB and 2 of 1 MiB written anew, 2 of 1 MiB written into holes, 2 of 1 MiB punched out: {Truth.Sum(e => e.Length):N0} B.");

    public void Create(string path)
    {
        using FileStream file = File.Create(path, bufferSize: 1);
        file.SetLength(Bytes);
        foreach (int slot in _allocated.Order())
        {
            Write(file, PieceAt(slot), 0);
        }
    }

    /// <summary>Makes the change. Punching needs <c>fallocate</c> of util-linux.</summary>
    public async Task ChangeAsync(string path)
    {
        await using (FileStream file = File.OpenWrite(path))
        {
            foreach (Extent write in _writes)
            {
                Write(file, write, 1);
            }
        }

        foreach (Extent hole in _punched)
        {
            string[] range = ["--offset", hole.Offset.ToString(CultureInfo.InvariantCulture), "--length", hole.Length.ToString(CultureInfo.InvariantCulture)];
            await Measuring.Shell.OutputAsync(["fallocate", "--punch-hole", .. range, path], "/");
        }
    }

    private static Extent PieceAt(int slot) => new((long)slot * Piece, Piece);

    private static void Write(FileStream file, Extent range, ulong version)
    {
        var content = new byte[range.Length];
        SeededBytes.Fill(content, SeededBytes.Seed(Seed, (ulong)range.Offset, version));
        file.Position = range.Offset;
        file.Write(content);
    }
}

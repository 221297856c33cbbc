using StorageEngines;

namespace Acme;

/// <summary>One copy; what is known of it is in its name.</summary>
internal sealed record ImageCopy(VolumeRef Volume, string File)
{
    private string[] Parts => Path.GetFileName(File).Split('~', 3);

    public long Number => long.Parse(Parts[0]);

    public string Id => Parts[1];

    public string Name => Parts[2];

    public static string LabelsOf(string file) => Path.Combine(Path.GetDirectoryName(file)!, "." + Path.GetFileName(file).Split('~')[1] + ".labels");

    public SnapshotInfo ToInfo()
    {
        var file = new FileInfo(File);
        return new SnapshotInfo(new SnapshotRef(Volume, Id, Name), new DateTimeOffset(file.LastWriteTimeUtc), file.Length, SnapshotState.Ready, Consistency.Unknown)
        {
            ChangeToken = new ChangeToken("acme", Volume.Id, Volume.Id, Id),
            Labels = System.IO.File.ReadAllLines(LabelsOf(File)).Select(line => line.Split('=')).ToDictionary(p => Uri.UnescapeDataString(p[0]), p => Uri.UnescapeDataString(p[1])),
        };
    }
}

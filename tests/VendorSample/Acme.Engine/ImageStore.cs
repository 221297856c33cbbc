using System.Collections.Concurrent;
using StorageEngines;

namespace Acme;

/// <summary>
/// Volumes on disk. A volume is a directory with <c>volume.id</c> (its identity, written by Acme's formatter), <c>disk.img</c>, and its copies in
/// <c>snapshots</c>, named <c>NUMBER~ID~NAME</c> each; a copy's time is when it was cut.
/// </summary>
internal sealed class ImageStore(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, string> _paths = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    public IEnumerable<VolumeInfo> Volumes => _paths.Values.Where(IsVolume).Select(Remember);

    public static bool IsVolume(string directory) => File.Exists(Path.Combine(directory, "volume.id"));

    public VolumeInfo Remember(string directory)
    {
        string id = IdOf(directory);
        _paths[id] = directory;
        return new VolumeInfo(new VolumeRef("acme", id, directory), VolumeKind.Block, BytePath.FromString(directory), new FileInfo(ImageOf(directory)).Length);
    }

    public string PathOf(VolumeRef volume)
    {
        if (!_paths.TryGetValue(volume.Id, out string? directory) || !IsVolume(directory))
        {
            throw new VolumeNotFoundException(volume.ToString());
        }

        return IdOf(directory) == volume.Id ? directory : throw new VolumeNotFoundException(volume.ToString(), EngineReason.VolumeReplaced);
    }

    public IReadOnlyList<ImageCopy> List(VolumeRef volume)
    {
        string directory = DirectoryOf(volume);
        return Directory.Exists(directory)
            ? [.. Directory.GetFiles(directory).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal).Select(file => new ImageCopy(volume, file))]
            : [];
    }

    public ImageCopy Find(SnapshotRef snapshot)
        => List(snapshot.Volume).FirstOrDefault(copy => copy.Id == snapshot.Id) ?? throw new SnapshotNotFoundException(snapshot.Id, snapshot.Volume.ToString());

    public async Task<ImageCopy> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            string image = ImageOf(PathOf(request.Volume));
            IReadOnlyList<ImageCopy> existing = List(request.Volume);
            if (existing.FirstOrDefault(copy => copy.Name == request.Name) is { } same)
            {
                return same;
            }

            string directory = DirectoryOf(request.Volume);
            Directory.CreateDirectory(directory);
            var id = Guid.NewGuid();
            string temporary = Path.Combine(directory, $".{id:N}");
            await CopyAsync(image, temporary, cancellationToken);
            string final = Path.Combine(directory, $"{(existing.Count == 0 ? 1 : existing[^1].Number + 1):D10}~{id:N}~{request.Name}");
            await File.WriteAllLinesAsync(ImageCopy.LabelsOf(final), request.Labels.Select(label => $"{Uri.EscapeDataString(label.Key)}={Uri.EscapeDataString(label.Value)}"), CancellationToken.None);
            File.Move(temporary, final);
            return new ImageCopy(request.Volume, final);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CopyAsync(string image, string temporary, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream from = new(image, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await using FileStream to = new(temporary, FileMode.CreateNew);
            await from.CopyToAsync(to, cancellationToken);
            to.Flush(flushToDisk: true);
            File.SetLastWriteTimeUtc(to.SafeFileHandle, time.GetUtcNow().UtcDateTime);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private string DirectoryOf(VolumeRef volume) => Path.Combine(PathOf(volume), "snapshots");

    private static string ImageOf(string directory) => Path.Combine(directory, "disk.img");

    private static string IdOf(string directory) => File.ReadAllText(Path.Combine(directory, "volume.id")).Trim();
}

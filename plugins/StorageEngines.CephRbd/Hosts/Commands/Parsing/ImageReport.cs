using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts.Commands.Parsing;

/// <summary>Reads what <c>rbd info --format json</c> printed about an image. Members that are not known are passed over.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id; empty for an image of the old format.</param>
/// <param name="SizeBytes">Its size; bytes.</param>
/// <param name="ObjectBytes">The size of its objects; bytes.</param>
/// <param name="StripeCount">How many objects its data goes to in turns.</param>
/// <param name="Features">Its features, as far as they matter.</param>
/// <param name="Group">Its group as <c>POOL/GROUP</c> or <c>POOL/NAMESPACE/GROUP</c>; null for none.</param>
internal sealed record ImageReport(string Name, string Id, long SizeBytes, long ObjectBytes, long StripeCount, RbdFeatures Features, string? Group)
{
    private const string What = "the output of rbd info";
    private const long MostObjectBytes = 1L << 40;
    private const long MostStripes = 1L << 20;

    /// <summary>Reads it.</summary>
    /// <exception cref="CorruptDataException">It is no such report.</exception>
    internal static ImageReport Parse(ReadOnlyMemory<byte> text)
    {
        RbdValue image = RbdJson.Parse(text, What);
        string group = image.Text("group", "");
        return new ImageReport(
            image.Text("name"),
            image.Text("id", ""),
            image.Number("size"),
            Positive(image, "object_size", MostObjectBytes),
            image.Has("stripe_count") ? Positive(image, "stripe_count", MostStripes) : 1,
            image.Has("features") ? image.Get("features").Entries.Aggregate(RbdFeatures.None, (all, each) => all | FeatureOf(each.Text())) : RbdFeatures.None,
            group.Length == 0 ? null : group);
    }

    /// <summary>The image.</summary>
    /// <param name="key">What it is.</param>
    /// <param name="pool">Its pool's name.</param>
    internal RbdImage ToImage(ImageKey key, string pool) => new(key, new ImagePath(pool, key.Namespace, Name), SizeBytes, ObjectBytes, StripeCount, Features);

    private static long Positive(RbdValue image, string name, long most)
        => image.Number(name, most) is var number and > 0 ? number : throw image.Damaged($"its '{name}' is 0");

    private static RbdFeatures FeatureOf(string name) => name switch
    {
        "layering" => RbdFeatures.Layering,
        "striping" => RbdFeatures.Striping,
        "exclusive-lock" => RbdFeatures.ExclusiveLock,
        "object-map" => RbdFeatures.ObjectMap,
        "fast-diff" => RbdFeatures.FastDiff,
        _ => RbdFeatures.None,
    };
}

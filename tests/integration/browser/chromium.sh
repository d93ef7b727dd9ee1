# Puts Chromium and its driver of one of Debian's releases, with the libraries of that release and a font,
# into a folder.
# Arguments: the folder, the release, its packages.
set -eu
cd "$1"
release=$2
shift 2

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$')
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror $release main" > sources.list
rm -rf browser
mkdir -p lists/partial cache/archives/partial
: > status

# Apart from the machine's own packages and sources. As no package counts as installed, all libraries come.
apt() {
    apt-get -qq -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$PWD" -o Dir::State::Lists="$PWD/lists" -o Dir::State::status="$PWD/status" \
        -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root -o Debug::NoLocking=true \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}
apt update
apt -y --no-install-recommends --download-only install "$@"
for package in cache/archives/*.deb; do
    case $package in
        # The programs run with this machine's C library.
        */libc6_*) ;;
        *) dpkg -x "$package" browser ;;
    esac
done
rm -rf lists cache status

libraries=$(ls -d "$PWD"/browser/lib/*-linux-gnu "$PWD"/browser/usr/lib/*-linux-gnu \
    "$PWD"/browser/usr/lib/*-linux-gnu/nss "$PWD"/browser/usr/lib/*-linux-gnu/pulseaudio \
    "$PWD"/browser/usr/lib/*-linux-gnu/blas "$PWD"/browser/usr/lib/*-linux-gnu/lapack 2>/dev/null | paste -sd:)
echo "#!/bin/sh
LD_LIBRARY_PATH='$libraries' FONTCONFIG_SYSROOT='$PWD/browser' \\
    exec '$PWD/browser/usr/bin/chromedriver' \"\$@\"" > chromedriver
chmod +x chromedriver
